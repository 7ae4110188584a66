<?php
defined( 'ABSPATH' ) || exit;

/** What has been sent, what waits and what failed, below the settings; and a notice where somebody has to act. */
class Posthorn_Status_Page {
	const SHOWN             = 50;
	const PATIENCE_SECONDS  = 600;

	public static function register() {
		add_action( 'admin_notices', array( __CLASS__, 'notice' ) );
		add_action( 'admin_post_posthorn_failed', array( __CLASS__, 'decide' ) );
	}

	/** Send again, one or all; or delete one. */
	public static function decide() {
		if ( ! current_user_can( 'manage_options' ) ) {
			wp_die( esc_html__( 'You may not do this.', 'posthorn' ), '', array( 'response' => 403 ) );
		}
		check_admin_referer( 'posthorn_failed' );
		$what = isset( $_POST['what'] ) && is_string( $_POST['what'] ) ? sanitize_key( wp_unslash( $_POST['what'] ) ) : '';
		$id   = isset( $_POST['row'] ) && is_scalar( $_POST['row'] ) ? absint( $_POST['row'] ) : 0;
		if ( 'discard' === $what && $id > 0 ) {
			Posthorn_Queue::discard( $id );
		} elseif ( 'again' === $what && $id > 0 ) {
			Posthorn_Queue::retry( $id );
		} elseif ( 'all' === $what ) {
			Posthorn_Queue::retry();
			Posthorn_Queue::hurry();
		}
		Posthorn_Sender::run();
		wp_safe_redirect( Posthorn_Settings_Page::url() . '#posthorn-status' );
		exit;
	}

	public static function notice() {
		$screen = get_current_screen();
		if ( ! current_user_can( 'manage_options' ) || ! $screen || ! in_array( $screen->id, array( 'dashboard', 'settings_page_' . Posthorn_Settings_Page::SLUG ), true ) ) {
			return;
		}
		$trouble = (array) get_option( 'posthorn_trouble', array() );
		$counts  = Posthorn_Queue::counts();
		if ( Posthorn_Settings::is_copy() ) {
			self::warn( __( 'Posthorn: this website has another address than when it was set up, so it may be a copy. Nothing is sent. If it has moved, save the settings of Posthorn again.', 'posthorn' ) );
		}
		if ( isset( $trouble['since'] ) && time() - $trouble['since'] > self::PATIENCE_SECONDS ) {
			/* translators: 1: a duration, 2: what went wrong */
			self::warn( sprintf( __( 'Posthorn: nothing could be sent for %1$s, and everything is kept. %2$s', 'posthorn' ), human_time_diff( $trouble['since'] ), $trouble['reason'] ) );
		}
		if ( $counts['failed'] > 0 ) {
			/* translators: %d: a number */
			self::warn( sprintf( _n( 'Posthorn: %d event was refused, and is kept.', 'Posthorn: %d events were refused, and are kept.', $counts['failed'], 'posthorn' ), $counts['failed'] ) );
		}
	}

	public static function show() {
		$counts  = Posthorn_Queue::counts();
		$oldest  = Posthorn_Queue::oldest_waiting();
		$trouble = (array) get_option( 'posthorn_trouble', array() );
		?>
		<h2 id="posthorn-status"><?php esc_html_e( 'What became of it', 'posthorn' ); ?></h2>
		<table class="widefat striped" style="max-width: 40em">
			<tr><td><?php esc_html_e( 'waiting', 'posthorn' ); ?></td><td id="posthorn-waiting"><?php echo esc_html( number_format_i18n( $counts['waiting'] + $counts['sending'] ) ); ?></td><td><?php echo $oldest ? esc_html( /* translators: %s: a duration */ sprintf( __( 'the oldest for %s', 'posthorn' ), human_time_diff( $oldest ) ) ) : ''; ?></td></tr>
			<tr><td><?php esc_html_e( 'refused', 'posthorn' ); ?></td><td id="posthorn-failed"><?php echo esc_html( number_format_i18n( $counts['failed'] ) ); ?></td><td></td></tr>
			<tr><td><?php esc_html_e( 'sent, in 30 days', 'posthorn' ); ?></td><td id="posthorn-sent"><?php echo esc_html( number_format_i18n( $counts['sent'] ) ); ?></td><td><?php esc_html_e( 'their content is removed here', 'posthorn' ); ?></td></tr>
		</table>
		<?php if ( isset( $trouble['reason'] ) ) : ?>
			<p id="posthorn-trouble"><?php echo esc_html( $trouble['reason'] ); ?></p>
		<?php endif; ?>
		<?php self::button( 'all', 0, __( 'Send everything now', 'posthorn' ) ); ?>
		<?php
		self::rows( __( 'Refused', 'posthorn' ), Posthorn_Queue::newest( 'failed', self::SHOWN ), true );
		self::rows( __( 'Sent last', 'posthorn' ), Posthorn_Queue::newest( 'sent', 10 ), false );
	}

	private static function rows( $title, $rows, $failed ) {
		if ( ! $rows ) {
			return;
		}
		?>
		<h3><?php echo esc_html( $title ); ?></h3>
		<table class="widefat striped">
			<thead><tr><th><?php esc_html_e( 'When', 'posthorn' ); ?></th><th><?php esc_html_e( 'From', 'posthorn' ); ?></th><th><?php esc_html_e( 'Event', 'posthorn' ); ?></th><th><?php echo $failed ? esc_html__( 'Why', 'posthorn' ) : esc_html__( 'Its id', 'posthorn' ); ?></th><th></th></tr></thead>
			<?php foreach ( $rows as $row ) : ?>
				<tr>
					<td><?php echo esc_html( get_date_from_gmt( gmdate( 'Y-m-d H:i:s', (int) $row->added_at ) ) ); ?></td>
					<td><?php echo esc_html( $row->source ); ?></td>
					<td><?php echo esc_html( $row->type ); ?></td>
					<td><?php echo esc_html( $failed ? $row->reason : $row->event_id ); ?></td>
					<td>
						<?php
						if ( $failed ) {
							self::button( 'again', $row->id, __( 'Send again', 'posthorn' ) );
							self::button( 'discard', $row->id, __( 'Delete', 'posthorn' ) );
						}
						?>
					</td>
				</tr>
			<?php endforeach; ?>
		</table>
		<?php
	}

	private static function button( $what, $id, $label ) {
		?>
		<form action="<?php echo esc_url( admin_url( 'admin-post.php' ) ); ?>" method="post" style="display: inline">
			<input type="hidden" name="action" value="posthorn_failed">
			<input type="hidden" name="what" value="<?php echo esc_attr( $what ); ?>">
			<input type="hidden" name="row" value="<?php echo esc_attr( (string) $id ); ?>">
			<?php wp_nonce_field( 'posthorn_failed', '_wpnonce', false ); ?>
			<button class="button"><?php echo esc_html( $label ); ?></button>
		</form>
		<?php
	}

	private static function warn( $text ) {
		echo '<div class="notice notice-warning"><p>' . esc_html( $text ) . '</p></div>';
	}
}
