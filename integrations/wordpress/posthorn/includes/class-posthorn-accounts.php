<?php
defined( 'ABSPATH' ) || exit;

/** People who register or change their account; nobody who works on the website. */
class Posthorn_Accounts {
	const TOLD = '_posthorn_told_';

	public static function register() {
		if ( Posthorn_Settings::takes( 'accounts' ) ) {
			add_action( 'user_register', array( __CLASS__, 'registered' ) );
			add_action( 'profile_update', array( __CLASS__, 'changed' ), 10, 2 );
		}
	}

	public static function registered( $id ) {
		self::tell( 'accounts', (int) $id );
	}

	public static function changed( $id, $before ) {
		self::tell( 'accounts', (int) $id, array(), isset( $before->user_email ) ? $before->user_email : '' );
	}

	/** Says who somebody is now, unless that is what was said last: shops save customers at every turn. */
	public static function tell( $source, $id, array $more = array(), $previous_email = '' ) {
		$user = get_userdata( $id );
		if ( ! $user || user_can( $user, 'edit_posts' ) ) {
			return;
		}
		$name   = trim( $user->first_name . ' ' . $user->last_name );
		$person = Posthorn_Text::person( $user->user_email, $more + array( 'name' => '' === $name ? $user->display_name : $name ) );
		if ( null === $person ) {
			return;
		}
		$meta = self::TOLD . $source;
		$told = wp_hash( (string) wp_json_encode( $person ) );
		if ( get_user_meta( $id, $meta, true ) === $told ) {
			return;
		}
		$data = array( 'person' => $person );
		if ( is_email( $previous_email ) && strtolower( $previous_email ) !== strtolower( $user->user_email ) ) {
			$data['previousEmail'] = Posthorn_Text::line( $previous_email, 254 );
		}
		if ( Posthorn_Queue::add( $source, 'customer.updated', $data ) ) {
			update_user_meta( $id, $meta, $told );
		}
	}
}
