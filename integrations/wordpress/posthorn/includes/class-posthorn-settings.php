<?php
defined( 'ABSPATH' ) || exit;

/** What the site's owner has chosen; constants of wp-config.php win. */
class Posthorn_Settings {
	const OPTION     = 'posthorn_settings';
	const KEY_OPTION = 'posthorn_key';
	const SOURCES    = array( 'contact-form-7', 'wpforms', 'comments', 'accounts', 'woocommerce' );

	public static function all() {
		$defaults = array(
			'url'               => '',
			'sources'           => array( 'contact-form-7', 'wpforms', 'woocommerce' ),
			'forms_as'          => 'lead.submitted',
			'consent_field'     => '',
			'consent_purposes'  => '',
			'consent_wording'   => '',
			'remove_data'       => false,
		);
		return array_merge( $defaults, (array) get_option( self::OPTION, array() ) );
	}

	public static function get( $name ) {
		return self::all()[ $name ];
	}

	public static function takes( $source ) {
		return in_array( $source, (array) self::get( 'sources' ), true );
	}

	public static function url() {
		return untrailingslashit( defined( 'POSTHORN_URL' ) ? (string) POSTHORN_URL : (string) self::get( 'url' ) );
	}

	public static function key() {
		return defined( 'POSTHORN_KEY' ) ? (string) POSTHORN_KEY : (string) get_option( self::KEY_OPTION, '' );
	}

	/** Enough to know which key it is, and too little to use it. */
	public static function masked_key() {
		$key = self::key();
		if ( '' === $key ) {
			return '';
		}
		return strlen( $key ) < 24 ? '••••' : '••••' . substr( $key, -4 );
	}

	public static function is_complete() {
		return '' !== self::url() && '' !== self::key();
	}

	/** A copy of a site, as for staging, must not send the orders of the real one, or tests as if they were real. */
	public static function is_copy() {
		$home = get_option( 'posthorn_home', '' );
		return '' !== $home && self::home() !== $home;
	}

	/** Without the scheme: a site that learns https is no copy. */
	public static function home() {
		return untrailingslashit( preg_replace( '#^https?://(www\.)?#i', '', strtolower( home_url() ) ) );
	}

	public static function claim_home() {
		update_option( 'posthorn_home', self::home(), false );
	}

	/** In front of every idempotency key: two websites may send for one site of Posthorn. */
	public static function installation() {
		$id = get_option( 'posthorn_installation', '' );
		if ( '' === $id ) {
			$id = str_replace( '-', '', wp_generate_uuid4() );
			add_option( 'posthorn_installation', $id, '', false );
		}
		return $id;
	}

	/** Whoever saves the settings says with it that this is the website they are for. */
	public static function sanitize( $given ) {
		self::claim_home();
		$given = is_array( $given ) ? $given : array();
		$line  = function ( $name ) use ( $given ) {
			return isset( $given[ $name ] ) && is_string( $given[ $name ] ) ? sanitize_text_field( $given[ $name ] ) : '';
		};
		return array(
			'url'              => self::sanitize_url( $line( 'url' ) ),
			'sources'          => array_values( array_intersect( self::SOURCES, isset( $given['sources'] ) ? (array) $given['sources'] : array() ) ),
			'forms_as'         => 'form.submitted' === $line( 'forms_as' ) ? 'form.submitted' : 'lead.submitted',
			'consent_field'    => $line( 'consent_field' ),
			'consent_purposes' => $line( 'consent_purposes' ),
			'consent_wording'  => substr( $line( 'consent_wording' ), 0, 100 ),
			'remove_data'      => ! empty( $given['remove_data'] ),
		);
	}

	public static function sanitize_secret( $given ) {
		$key = is_string( $given ) ? trim( $given ) : '';
		$old = (string) get_option( self::KEY_OPTION, '' );
		if ( '' === $key ) {
			return $old;
		}
		if ( preg_match( '/^ph_(browser|webhook|auditor|operator)_/', $key, $kind ) ) {
			/* translators: %s: the kind of a key */
			return self::refuse( sprintf( __( 'This is a key of the kind "%s". A website needs one of the kind "secret".', 'posthorn' ), $kind[1] ), $old );
		}
		if ( ! preg_match( '/^[\x21-\x7e]{16,200}$/', $key ) ) {
			return self::refuse( __( 'This is no key of Posthorn: it is too short, or something else was copied along.', 'posthorn' ), $old );
		}
		return $key;
	}

	// The key travels with every event, so it travels in clear only where nobody else listens.
	private static function sanitize_url( $url ) {
		$url   = untrailingslashit( esc_url_raw( $url, array( 'http', 'https' ) ) );
		$parts = wp_parse_url( $url );
		if ( '' === $url ) {
			return '';
		}
		$host = isset( $parts['host'] ) ? trim( $parts['host'], '[]' ) : '';
		if ( '' === $host || isset( $parts['user'] ) || isset( $parts['query'] ) ) {
			return self::refuse( __( 'This is not the address of Posthorn: it looks like https://events.example.com.', 'posthorn' ), self::get( 'url' ) );
		}
		if ( 'https' !== $parts['scheme'] && ! self::is_near( $host ) ) {
			return self::refuse( __( 'The address must begin with https://, or the key could be read on the way.', 'posthorn' ), self::get( 'url' ) );
		}
		return $url;
	}

	private static function is_near( $host ) {
		if ( filter_var( $host, FILTER_VALIDATE_IP ) ) {
			return ! filter_var( $host, FILTER_VALIDATE_IP, FILTER_FLAG_NO_PRIV_RANGE | FILTER_FLAG_NO_RES_RANGE );
		}
		return false === strpos( $host, '.' ) || '.localhost' === substr( $host, -10 );
	}

	private static function refuse( $why, $instead ) {
		if ( function_exists( 'add_settings_error' ) ) {
			add_settings_error( 'posthorn', 'posthorn', $why );
		}
		return $instead;
	}
}
