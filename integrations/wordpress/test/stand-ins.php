<?php
/**
 * A must-use plugin for the tests, never for a real website: Contact Form 7, WPForms and WooCommerce are not in Debian,
 * so it fires their documented hooks with objects of the same shape, and switches what the tests need.
 */
defined( 'ABSPATH' ) || exit;

class WPCF7_Submission {
	public static $posted = array();

	public static function get_instance() {
		return new self();
	}

	public function get_posted_data() {
		return self::$posted;
	}

	public function get_meta( $name ) {
		return 'url' === $name ? 'https://acme.example/contact?campaign=somebody' : null;
	}
}

class Stand_In_Form {
	public function title() {
		return 'Contact';
	}
}

class Stand_In_Product {
	public function get_sku() {
		return 'CLASS-1';
	}
}

class Stand_In_Item {
	public function get_product() {
		return new Stand_In_Product();
	}

	public function get_name() {
		return 'Evening class &ndash; <b>autumn</b>';
	}

	public function get_quantity() {
		return 2;
	}
}

class Stand_In_Order {
	private $given;

	public function __construct( array $given ) {
		$this->given = $given;
	}

	public function __call( $name, $arguments ) {
		return isset( $this->given[ $name ] ) ? $this->given[ $name ] : '';
	}

	public function is_paid() {
		return true;
	}

	public function get_items() {
		return array( new Stand_In_Item() );
	}

	public function get_item_total( $item, $inc_tax, $round ) {
		return 29.9;
	}

	public function get_date_paid() {
		return new DateTime( '2026-11-23T09:13:01Z' );
	}

	public function get_meta( $name ) {
		return get_option( "stand_in_{$this->given['get_id']}_$name", '' );
	}

	public function update_meta_data( $name, $value ) {
		update_option( "stand_in_{$this->given['get_id']}_$name", $value );
	}

	public function save_meta_data() {}
}

class WC_Customer {
	private $id;

	public function __construct( $id ) {
		$this->id = $id;
	}

	public function get_billing_phone() {
		return '+44 20 7946 0018';
	}

	public function get_billing_company() {
		return 'Analytical Engines';
	}
}

function wc_get_order( $id ) {
	$order = get_option( "stand_in_order_$id" );
	return is_array( $order ) ? new Stand_In_Order( $order ) : false;
}

add_filter( 'pre_wp_mail', '__return_true' );
add_filter( 'comment_flood_filter', '__return_false' );
add_filter( 'pre_option_users_can_register', '__return_true' );
add_filter( 'pre_site_transient_update_core', '__return_null' );

// Posthorn has heard, and its answer is lost on the way.
add_filter(
	'http_response',
	function ( $response, $arguments, $url ) {
		if ( false === strpos( $url, '/v1/events' ) || ! get_option( 'stand_in_lose_answers' ) ) {
			return $response;
		}
		return new WP_Error( 'http_request_failed', 'The answer was lost.' );
	},
	10,
	3
);

add_action(
	'wp_loaded',
	function () {
		global $wpdb;
		// phpcs:disable WordPress.Security, WordPress.DB
		$email = isset( $_POST['email'] ) ? wp_unslash( $_POST['email'] ) : '';
		switch ( isset( $_POST['stand_in'] ) ? $_POST['stand_in'] : '' ) {
			case 'contact-form-7':
				WPCF7_Submission::$posted = array( 'your-name' => 'Ada Lovelace', 'your-email' => $email, 'your-message' => "Do you teach\nevening classes? 🎩", 'best-time' => array( 'in the morning' ), 'offers' => '1' );
				do_action( 'wpcf7_submit', new Stand_In_Form(), array( 'status' => 'mail_failed' ) );
				do_action( 'wpcf7_submit', new Stand_In_Form(), array( 'status' => 'spam' ) );
				break;
			case 'wpforms':
				$fields = array(
					1 => array( 'id' => 1, 'type' => 'name', 'name' => 'Name', 'value' => 'Ada Lovelace' ),
					2 => array( 'id' => 2, 'type' => 'email', 'name' => 'Your address', 'value' => $email ),
					3 => array( 'id' => 3, 'type' => 'textarea', 'name' => 'What about', 'value' => 'Gardens' ),
					4 => array( 'id' => 4, 'type' => 'password', 'name' => 'Secret word', 'value' => 'hunter2' ),
				);
				do_action( 'wpforms_process_complete', $fields, array(), array( 'settings' => array( 'form_title' => 'Enquiry' ) ), 7 );
				break;
			case 'order':
				$id = (int) $_POST['id'];
				update_option( "stand_in_order_$id", array( 'get_id' => $id, 'get_order_number' => "W-$id", 'get_total' => '59.8', 'get_currency' => $_POST['currency'], 'get_billing_email' => $email, 'get_billing_first_name' => 'Ada', 'get_billing_last_name' => 'Lovelace' ) );
				do_action( 'woocommerce_payment_complete', $id );
				do_action( 'woocommerce_order_status_processing', $id );
				do_action( 'woocommerce_order_status_completed', $id );
				break;
			case 'customer':
				$user = get_user_by( 'email', $email );
				do_action( 'woocommerce_update_customer', $user->ID );
				do_action( 'woocommerce_update_customer', $user->ID );
				break;
			case 'run':
				Posthorn_Sender::run();
				break;
			case 'due':
				Posthorn_Queue::hurry();
				wp_clear_scheduled_hook( Posthorn_Sender::HOOK );
				wp_schedule_event( time() - 1, 'posthorn_minute', Posthorn_Sender::HOOK );
				delete_transient( 'doing_cron' );
				break;
			case 'claims':
				$claims = array( Posthorn_Queue::claim(), Posthorn_Queue::claim() );
				Posthorn_Queue::later( $claims[0], '', 0 );
				wp_send_json( array( null !== $claims[0], null !== $claims[1] ) );
				// It ends here.
			case 'copy':
				update_option( 'posthorn_home', 'elsewhere.example' );
				break;
			case 'lose-answers':
				update_option( 'stand_in_lose_answers', (int) $_POST['id'] );
				break;
			case 'privacy':
				$privacy = array();
				foreach ( array( 'exporters', 'erasers' ) as $kind ) {
					$callbacks        = apply_filters( "wp_privacy_personal_data_$kind", array() );
					$privacy[ $kind ] = call_user_func( $callbacks['posthorn']['callback'], $email, 1 );
				}
				wp_send_json( $privacy );
				// It ends here.
			case 'uninstall':
				require_once ABSPATH . 'wp-admin/includes/plugin.php';
				deactivate_plugins( 'posthorn/posthorn.php' );
				uninstall_plugin( 'posthorn/posthorn.php' );
				wp_send_json( array( 'key' => get_option( 'posthorn_key' ), 'table' => $wpdb->get_var( "SHOW TABLES LIKE '{$wpdb->prefix}posthorn_queue'" ) ) );
				// It ends here.
			case 'queue':
				break;
			default:
				return;
		}
		wp_send_json( $wpdb->get_results( "SELECT source, type, state, body, person, event_id, reason, attempts FROM {$wpdb->prefix}posthorn_queue ORDER BY id" ) );
	}
);
