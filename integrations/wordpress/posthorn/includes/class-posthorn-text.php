<?php
defined( 'ABSPATH' ) || exit;

/** Makes of what a website has what an event may hold: no markup, no control characters, not too long. */
class Posthorn_Text {
	/** One line. */
	public static function line( $value, $max ) {
		return trim( self::cut( preg_replace( '/[\p{Cc}\s]+/u', ' ', self::plain( $value ) ), $max ) );
	}

	/** Several lines. */
	public static function block( $value, $max ) {
		return trim( self::cut( preg_replace( '/[\x{00}-\x{08}\x{0B}\x{0C}\x{0E}-\x{1F}\x{7F}-\x{9F}]/u', '', self::plain( $value ) ), $max ) );
	}

	/** A decimal string: '59.80'. */
	public static function amount( $number ) {
		$number = round( (float) $number, 4 );
		return number_format( max( 0, $number ), abs( $number - round( $number, 2 ) ) < 0.00005 ? 2 : 4, '.', '' );
	}

	/** Only what is known: whoever has no telephone has no empty one either. */
	public static function without_empty( array $values ) {
		return array_filter(
			$values,
			function ( $value ) {
				return null !== $value && '' !== $value && array() !== $value;
			}
		);
	}

	/** Whom the event is about, or null without an address. */
	public static function person( $email, array $more = array() ) {
		$email = self::line( $email, 254 );
		if ( ! is_email( $email ) ) {
			return null;
		}
		$person = array( 'email' => $email );
		foreach ( array( 'name' => 200, 'phone' => 50, 'company' => 200 ) as $field => $max ) {
			$person[ $field ] = isset( $more[ $field ] ) ? self::line( $more[ $field ], $max ) : '';
		}
		return self::without_empty( $person );
	}

	/** Addresses of pages without their query, in which there may be anything. */
	public static function page( $url ) {
		return self::line( (string) strtok( (string) esc_url_raw( (string) $url ), '?#' ), 2048 );
	}

	private static function plain( $value ) {
		return html_entity_decode( wp_check_invalid_utf8( (string) $value, true ), ENT_QUOTES | ENT_HTML5, 'UTF-8' );
	}

	// Posthorn counts a character outside the basic plane as two.
	private static function cut( $text, $max ) {
		$text = mb_substr( (string) $text, 0, $max );
		$wide = preg_match_all( '/[\x{10000}-\x{10FFFF}]/u', $text );
		return mb_strlen( $text ) + $wide > $max ? mb_substr( $text, 0, $max - $wide ) : $text;
	}
}
