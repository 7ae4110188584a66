<?php
defined( 'ABSPATH' ) || exit;

/** Brings what is in the queue to Posthorn: after the request that filled it, and every minute by WP-Cron. */
class Posthorn_Sender {
	const HOOK            = 'posthorn_send';
	const RUN_SECONDS     = 20;
	const TIMEOUT_SECONDS = 8;
	const LONGEST_PAUSE   = 3600;

	public static function register() {
		add_filter( 'cron_schedules', array( __CLASS__, 'every_minute' ) ); // phpcs:ignore WordPress.WP.CronInterval
		add_action( self::HOOK, array( __CLASS__, 'run' ) );
		add_action( 'shutdown', array( __CLASS__, 'after_request' ), 20 );
		add_action( 'wp_ajax_posthorn_send', array( __CLASS__, 'answer_ourselves' ) );
		add_action( 'wp_ajax_nopriv_posthorn_send', array( __CLASS__, 'answer_ourselves' ) );
		if ( ! wp_next_scheduled( self::HOOK ) ) {
			wp_schedule_event( time(), 'posthorn_minute', self::HOOK );
		}
	}

	public static function unschedule() {
		wp_clear_scheduled_hook( self::HOOK );
	}

	public static function every_minute( $schedules ) {
		$schedules['posthorn_minute'] = array( 'interval' => 60, 'display' => __( 'Every minute', 'posthorn' ) );
		return $schedules;
	}

	/** The visitor does not wait for Posthorn: their answer has left, or another request does the work. */
	public static function after_request() {
		if ( ! Posthorn_Queue::has_news() || ! self::may_send() ) {
			return;
		}
		if ( function_exists( 'fastcgi_finish_request' ) ) {
			fastcgi_finish_request();
			self::run();
			return;
		}
		wp_remote_post(
			admin_url( 'admin-ajax.php' ),
			array(
				'blocking'  => false,
				'timeout'   => 0.01,
				'sslverify' => apply_filters( 'https_local_ssl_verify', false ),
				'body'      => array( 'action' => 'posthorn_send', 'token' => self::token() ),
			)
		);
	}

	public static function answer_ourselves() {
		// phpcs:ignore WordPress.Security.NonceVerification -- a nonce belongs to a person; this is the website itself.
		$token = isset( $_POST['token'] ) && is_string( $_POST['token'] ) ? sanitize_text_field( wp_unslash( $_POST['token'] ) ) : '';
		if ( ! hash_equals( self::token(), $token ) ) {
			wp_die( '', '', array( 'response' => 403 ) );
		}
		ignore_user_abort( true );
		self::run();
		wp_die( '', '', array( 'response' => 204 ) );
	}

	/** Sends until nothing is due, time is over or Posthorn cannot be reached. Several at once do no harm. */
	public static function run() {
		if ( ! self::may_send() ) {
			return;
		}
		Posthorn_Queue::tidy();
		$until = microtime( true ) + self::RUN_SECONDS;
		while ( microtime( true ) < $until ) {
			$row = Posthorn_Queue::claim();
			if ( null === $row ) {
				return;
			}
			if ( ! self::send( $row ) ) {
				return;
			}
		}
	}

	/** What Posthorn says to a request: 'status' (0: it was not reached), 'answer' (what it said, decoded), 'pause', 'reason'. */
	public static function ask( $path, $body, array $headers = array() ) {
		$response = wp_remote_post(
			Posthorn_Settings::url() . $path,
			array(
				'timeout'     => self::TIMEOUT_SECONDS,
				// The key goes to the address that was entered and to no other.
				'redirection' => 0,
				'user-agent'  => 'Posthorn-WordPress/' . POSTHORN_VERSION,
				'headers'     => array( 'Content-Type' => 'application/json', 'Authorization' => 'Bearer ' . Posthorn_Settings::key() ) + $headers,
				'body'        => $body,
			)
		);
		if ( is_wp_error( $response ) ) {
			return array( 'status' => 0, 'answer' => array(), 'pause' => 0, 'reason' => Posthorn_Text::line( $response->get_error_message(), 300 ) );
		}
		$answer = json_decode( wp_remote_retrieve_body( $response ), true );
		$answer = is_array( $answer ) ? $answer : array();
		$status = (int) wp_remote_retrieve_response_code( $response );
		return array(
			'status' => $status,
			'answer' => $answer,
			'pause'  => min( self::LONGEST_PAUSE, max( 0, (int) wp_remote_retrieve_header( $response, 'retry-after' ) ) ),
			'reason' => self::reason( $status, $answer ),
		);
	}

	private static function may_send() {
		return Posthorn_Settings::is_complete() && ! Posthorn_Settings::is_copy();
	}

	/** Answers whether it makes sense to go on with the next. */
	private static function send( $row ) {
		$said = self::ask( '/v1/events', $row->body, array( 'Idempotency-Key' => $row->idempotency_key ) );
		if ( 202 === $said['status'] && isset( $said['answer']['id'] ) && is_string( $said['answer']['id'] ) ) {
			Posthorn_Queue::sent( $row, Posthorn_Text::line( $said['answer']['id'], 40 ) );
			if ( get_option( 'posthorn_trouble' ) ) {
				update_option( 'posthorn_trouble', array(), false );
				Posthorn_Queue::hurry();
			}
			return true;
		}
		// The event itself is at fault, and would be tomorrow. All else passes, or is put right by somebody: an outage,
		// a key that was revoked, an address with a mistake.
		if ( in_array( $said['status'], array( 400, 409, 413, 415, 422 ), true ) && isset( $said['answer']['code'] ) ) {
			Posthorn_Queue::failed( $row, $said['reason'] );
			return true;
		}
		$pause = min( self::LONGEST_PAUSE, 30 * pow( 2, min( 10, (int) $row->attempts ) ) );
		Posthorn_Queue::later( $row, $said['reason'], max( $said['pause'], wp_rand( (int) ( $pause / 2 ), $pause ) ) );
		$trouble = (array) get_option( 'posthorn_trouble', array() );
		update_option( 'posthorn_trouble', array( 'reason' => $said['reason'], 'since' => isset( $trouble['since'] ) ? $trouble['since'] : time() ), false );
		return false;
	}

	private static function reason( $status, array $answer ) {
		if ( ! isset( $answer['code'] ) || ! is_string( $answer['code'] ) ) {
			/* translators: %d: a status of HTTP */
			return sprintf( __( 'Answered %d, but not as Posthorn does. Is the address right?', 'posthorn' ), $status );
		}
		$parts = array( $answer['code'], isset( $answer['detail'] ) && is_string( $answer['detail'] ) ? $answer['detail'] : '' );
		foreach ( array_slice( isset( $answer['errors'] ) && is_array( $answer['errors'] ) ? $answer['errors'] : array(), 0, 10 ) as $error ) {
			if ( isset( $error['pointer'], $error['message'] ) ) {
				$parts[] = $error['pointer'] . ' ' . $error['message'];
			}
		}
		return Posthorn_Text::line( implode( ' · ', array_filter( $parts ) ), 1000 );
	}

	private static function token() {
		return hash_hmac( 'sha256', 'posthorn-send', wp_salt( 'nonce' ) );
	}
}
