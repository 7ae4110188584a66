<?php
defined( 'ABSPATH' ) || exit;

/** Settings → Posthorn. */
class Posthorn_Settings_Page {
	const SLUG = 'posthorn';

	public static function register() {
		add_action( 'admin_menu', array( __CLASS__, 'menu' ) );
		add_action( 'admin_init', array( __CLASS__, 'settings' ) );
		add_action( 'admin_post_posthorn_test', array( __CLASS__, 'test' ) );
		add_filter( 'plugin_action_links_' . plugin_basename( POSTHORN_FILE ), array( __CLASS__, 'link' ) );
	}

	public static function url() {
		return admin_url( 'options-general.php?page=' . self::SLUG );
	}

	public static function link( $links ) {
		array_unshift( $links, '<a href="' . esc_url( self::url() ) . '">' . esc_html__( 'Settings', 'posthorn' ) . '</a>' );
		return $links;
	}

	public static function menu() {
		add_options_page( 'Posthorn', 'Posthorn', 'manage_options', self::SLUG, array( __CLASS__, 'page' ) );
	}

	public static function settings() {
		register_setting( 'posthorn', Posthorn_Settings::OPTION, array( 'sanitize_callback' => array( 'Posthorn_Settings', 'sanitize' ) ) );
		register_setting( 'posthorn', Posthorn_Settings::KEY_OPTION, array( 'sanitize_callback' => array( 'Posthorn_Settings', 'sanitize_secret' ) ) );
	}

	/** Asks Posthorn without sending anything: the key is judged before anybody looks for a body. */
	public static function test() {
		if ( ! current_user_can( 'manage_options' ) ) {
			wp_die( esc_html__( 'You may not do this.', 'posthorn' ), '', array( 'response' => 403 ) );
		}
		check_admin_referer( 'posthorn_test' );
		set_transient( 'posthorn_tested_' . get_current_user_id(), self::verdict(), 60 );
		wp_safe_redirect( self::url() );
		exit;
	}

	private static function verdict() {
		if ( ! Posthorn_Settings::is_complete() ) {
			return __( 'The address or the key is missing.', 'posthorn' );
		}
		$said = Posthorn_Sender::ask( '/v1/events', '' );
		$code = isset( $said['answer']['code'] ) ? $said['answer']['code'] : '';
		if ( 0 === $said['status'] ) {
			/* translators: %s: what went wrong */
			return sprintf( __( 'Posthorn cannot be reached: %s', 'posthorn' ), $said['reason'] );
		}
		if ( 'empty-body' === $code ) {
			return __( 'It works: Posthorn knows the key, and it may submit events.', 'posthorn' );
		}
		if ( 'scope-missing' === $code ) {
			return __( 'Posthorn knows the key, but it may not submit events. It needs the scope events:write.', 'posthorn' );
		}
		if ( 401 === $said['status'] ) {
			/* translators: %s: what Posthorn said */
			return sprintf( __( 'Posthorn is there, and does not take the key: %s', 'posthorn' ), $said['reason'] );
		}
		return $said['reason'];
	}

	public static function page() {
		if ( ! current_user_can( 'manage_options' ) ) {
			return;
		}
		$settings = Posthorn_Settings::all();
		$option   = Posthorn_Settings::OPTION;
		$tested   = get_transient( 'posthorn_tested_' . get_current_user_id() );
		delete_transient( 'posthorn_tested_' . get_current_user_id() );
		?>
		<div class="wrap">
			<h1>Posthorn</h1>
			<?php if ( $tested ) : ?>
				<div class="notice notice-info"><p id="posthorn-tested"><?php echo esc_html( $tested ); ?></p></div>
			<?php endif; ?>
			<form action="options.php" method="post">
				<?php settings_fields( 'posthorn' ); ?>
				<table class="form-table" role="presentation">
					<tr>
						<th scope="row"><label for="posthorn-url"><?php esc_html_e( 'Address of Posthorn', 'posthorn' ); ?></label></th>
						<td><input id="posthorn-url" class="regular-text code" type="url" name="<?php echo esc_attr( $option ); ?>[url]" value="<?php echo esc_attr( Posthorn_Settings::url() ); ?>" placeholder="https://events.example.com" <?php disabled( defined( 'POSTHORN_URL' ) ); ?>></td>
					</tr>
					<tr>
						<th scope="row"><label for="posthorn-key"><?php esc_html_e( 'Secret key', 'posthorn' ); ?></label></th>
						<td>
							<input id="posthorn-key" class="regular-text code" type="password" autocomplete="off" name="<?php echo esc_attr( Posthorn_Settings::KEY_OPTION ); ?>" value="" placeholder="<?php echo esc_attr( Posthorn_Settings::masked_key() ); ?>" <?php disabled( defined( 'POSTHORN_KEY' ) ); ?>>
							<p class="description"><?php echo defined( 'POSTHORN_KEY' ) ? esc_html__( 'It stands in wp-config.php, as POSTHORN_KEY.', 'posthorn' ) : esc_html__( 'Leave it empty to keep the one that is there. It is safer in wp-config.php, as POSTHORN_KEY.', 'posthorn' ); ?></p>
						</td>
					</tr>
					<tr>
						<th scope="row"><?php esc_html_e( 'What is sent', 'posthorn' ); ?></th>
						<td><fieldset>
							<?php foreach ( self::sources() as $source => $label ) : ?>
								<label><input type="checkbox" name="<?php echo esc_attr( $option ); ?>[sources][]" value="<?php echo esc_attr( $source ); ?>" <?php checked( in_array( $source, (array) $settings['sources'], true ) ); ?>> <?php echo esc_html( $label ); ?></label><br>
							<?php endforeach; ?>
						</fieldset></td>
					</tr>
					<tr>
						<th scope="row"><label for="posthorn-forms"><?php esc_html_e( 'Forms become', 'posthorn' ); ?></label></th>
						<td><select id="posthorn-forms" name="<?php echo esc_attr( $option ); ?>[forms_as]">
							<option value="lead.submitted" <?php selected( $settings['forms_as'], 'lead.submitted' ); ?>><?php esc_html_e( 'enquiries (lead.submitted)', 'posthorn' ); ?></option>
							<option value="form.submitted" <?php selected( $settings['forms_as'], 'form.submitted' ); ?>><?php esc_html_e( 'just forms (form.submitted)', 'posthorn' ); ?></option>
						</select></td>
					</tr>
					<?php
					self::text_row( 'consent_field', __( 'Consent: name of the field', 'posthorn' ), __( 'The checkbox of your forms with which people agree. Empty: no consent is sent.', 'posthorn' ) );
					self::text_row( 'consent_purposes', __( 'Consent: purposes', 'posthorn' ), __( 'Separated by commas, such as offers-by-mail.', 'posthorn' ) );
					self::text_row( 'consent_wording', __( 'Consent: version of the wording', 'posthorn' ), __( 'Change it whenever the words beside the checkbox change.', 'posthorn' ) );
					?>
					<tr>
						<th scope="row"><?php esc_html_e( 'When the plugin is deleted', 'posthorn' ); ?></th>
						<td><label><input type="checkbox" name="<?php echo esc_attr( $option ); ?>[remove_data]" value="1" <?php checked( $settings['remove_data'] ); ?>> <?php esc_html_e( 'remove the queue as well, with what has not been sent', 'posthorn' ); ?></label></td>
					</tr>
				</table>
				<?php submit_button(); ?>
			</form>
			<form action="<?php echo esc_url( admin_url( 'admin-post.php' ) ); ?>" method="post">
				<input type="hidden" name="action" value="posthorn_test">
				<?php wp_nonce_field( 'posthorn_test' ); ?>
				<?php submit_button( __( 'Test the connection', 'posthorn' ), 'secondary' ); ?>
			</form>
			<?php Posthorn_Status_Page::show(); ?>
		</div>
		<?php
	}

	private static function sources() {
		return array(
			'contact-form-7' => 'Contact Form 7',
			'wpforms'        => 'WPForms',
			'woocommerce'    => __( 'WooCommerce: paid orders, customers', 'posthorn' ),
			'comments'       => __( 'Comments', 'posthorn' ),
			'accounts'       => __( 'Accounts: people who register or change theirs', 'posthorn' ),
		);
	}

	private static function text_row( $name, $label, $about ) {
		$id = 'posthorn-' . str_replace( '_', '-', $name );
		?>
		<tr>
			<th scope="row"><label for="<?php echo esc_attr( $id ); ?>"><?php echo esc_html( $label ); ?></label></th>
			<td>
				<input id="<?php echo esc_attr( $id ); ?>" class="regular-text" type="text" name="<?php echo esc_attr( Posthorn_Settings::OPTION . '[' . $name . ']' ); ?>" value="<?php echo esc_attr( Posthorn_Settings::get( $name ) ); ?>">
				<p class="description"><?php echo esc_html( $about ); ?></p>
			</td>
		</tr>
		<?php
	}
}
