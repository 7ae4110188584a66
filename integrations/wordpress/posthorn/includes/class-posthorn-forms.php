<?php
defined( 'ABSPATH' ) || exit;

/** Enquiries: Contact Form 7, WPForms, and comments. */
class Posthorn_Forms {
	public static function register() {
		if ( Posthorn_Settings::takes( 'contact-form-7' ) ) {
			add_action( 'wpcf7_submit', array( __CLASS__, 'contact_form_7' ), 10, 2 );
		}
		if ( Posthorn_Settings::takes( 'wpforms' ) ) {
			add_action( 'wpforms_process_complete', array( __CLASS__, 'wpforms' ), 10, 4 );
		}
		if ( Posthorn_Settings::takes( 'comments' ) ) {
			add_action( 'comment_post', array( __CLASS__, 'comment' ), 10, 2 );
		}
	}

	/** Also where the mail has failed: then this is the only one who hears of it. */
	public static function contact_form_7( $form, $result ) {
		$submission = class_exists( 'WPCF7_Submission' ) ? WPCF7_Submission::get_instance() : null;
		if ( ! $submission || ! in_array( isset( $result['status'] ) ? $result['status'] : '', array( 'mail_sent', 'mail_failed' ), true ) ) {
			return;
		}
		$fields = array();
		foreach ( (array) $submission->get_posted_data() as $name => $value ) {
			$fields[] = array( 'name' => $name, 'label' => $name, 'value' => $value, 'kind' => self::kind_of( $name ) );
		}
		self::keep( 'contact-form-7', $form->title(), $fields, $submission->get_meta( 'url' ) );
	}

	public static function wpforms( $given, $entry, $form, $entry_id ) {
		$kinds  = array( 'email' => 'email', 'name' => 'name', 'phone' => 'phone', 'textarea' => 'message' );
		$fields = array();
		foreach ( (array) $given as $field ) {
			$type  = isset( $field['type'] ) ? $field['type'] : '';
			$label = isset( $field['name'] ) && '' !== $field['name'] ? $field['name'] : $type;
			if ( ! in_array( $type, array( 'password', 'credit-card', 'signature' ), true ) ) {
				$fields[] = array( 'name' => isset( $field['id'] ) ? (string) $field['id'] : '', 'label' => $label, 'value' => isset( $field['value'] ) ? $field['value'] : '', 'kind' => isset( $kinds[ $type ] ) ? $kinds[ $type ] : self::kind_of( $label ) );
			}
		}
		self::keep( 'wpforms', isset( $form['settings']['form_title'] ) ? $form['settings']['form_title'] : '', $fields, wp_get_raw_referer() );
	}

	/** A person's comment, approved or waiting for approval; no spam, no pingbacks. */
	public static function comment( $id, $approved ) {
		$comment = get_comment( $id );
		if ( ! $comment || ! in_array( (string) $approved, array( '0', '1' ), true ) || ! in_array( $comment->comment_type, array( '', 'comment' ), true ) ) {
			return;
		}
		$fields = array(
			'comment' => Posthorn_Text::block( $comment->comment_content, 20000 ),
			'name'    => Posthorn_Text::line( $comment->comment_author, 200 ),
			'post'    => Posthorn_Text::line( get_the_title( (int) $comment->comment_post_ID ), 500 ),
			'link'    => Posthorn_Text::page( get_permalink( (int) $comment->comment_post_ID ) ),
		);
		$person = Posthorn_Text::person( $comment->comment_author_email, array( 'name' => $comment->comment_author ) );
		Posthorn_Queue::add( 'comments', 'form.submitted', Posthorn_Text::without_empty( array( 'form' => 'comment', 'fields' => (object) Posthorn_Text::without_empty( $fields ), 'person' => $person ) ), "comment-$id" );
	}

	private static function keep( $source, $title, array $fields, $page ) {
		$form   = Posthorn_Text::line( $title, 200 );
		$form   = '' === $form ? $source : $form;
		$known  = array();
		$others = array();
		$all    = array();
		foreach ( $fields as $field ) {
			$value = self::text_of( $field['value'] );
			if ( '' === $value || self::is_secret( $field['name'] ) || self::is_secret( $field['label'] ) ) {
				continue;
			}
			$label         = Posthorn_Text::line( $field['label'], 200 );
			$all[ $label ] = $value;
			$kind          = $field['kind'];
			if ( '' !== $kind && ! isset( $known[ $kind ] ) && ( 'email' !== $kind || is_email( $value ) ) ) {
				$known[ $kind ] = $value;
			} else {
				$others[] = "$label: $value";
			}
		}
		$consent = self::consent( $fields );
		$person  = isset( $known['email'] ) ? Posthorn_Text::person( $known['email'], $known ) : null;
		if ( null === $person || 'form.submitted' === Posthorn_Settings::get( 'forms_as' ) ) {
			// Without an address it is no lead, and lost it must not be.
			Posthorn_Queue::add( $source, 'form.submitted', Posthorn_Text::without_empty( array( 'form' => $form, 'fields' => (object) $all, 'person' => $person, 'consent' => $consent ) ) );
			return;
		}
		// What no field of a lead is for goes into the message, so that nothing gets lost that somebody typed.
		$message = Posthorn_Text::block( implode( "\n\n", array_filter( array( isset( $known['message'] ) ? $known['message'] : '', implode( "\n", $others ) ) ) ), 20000 );
		Posthorn_Queue::add( $source, 'lead.submitted', Posthorn_Text::without_empty( array( 'person' => $person, 'message' => $message, 'form' => $form, 'page' => Posthorn_Text::page( $page ), 'consent' => $consent ) ) );
	}

	/** What was agreed to, if the field of the settings is ticked. */
	private static function consent( array $fields ) {
		$name     = Posthorn_Settings::get( 'consent_field' );
		$purposes = array_values( array_filter( array_map( 'trim', explode( ',', Posthorn_Settings::get( 'consent_purposes' ) ) ) ) );
		$wording  = Posthorn_Settings::get( 'consent_wording' );
		if ( '' === $name || '' === $wording || array() === $purposes ) {
			return null;
		}
		foreach ( $fields as $field ) {
			if ( ( $name === $field['name'] || $name === $field['label'] ) && ! in_array( self::text_of( $field['value'] ), array( '', '0' ), true ) ) {
				return array( 'purposes' => $purposes, 'wordingVersion' => $wording, 'time' => gmdate( 'Y-m-d\TH:i:s\Z' ), 'way' => 'form' );
			}
		}
		return null;
	}

	private static function text_of( $value ) {
		return Posthorn_Text::block( is_array( $value ) ? implode( ', ', array_filter( $value, 'is_scalar' ) ) : ( is_scalar( $value ) ? $value : '' ), 20000 );
	}

	/** By its name, as people give them: your-email, E-Mail, telefon, firma. */
	private static function kind_of( $name ) {
		$kinds = array(
			'email'   => '/e-?mail/i',
			'company' => '/company|organi[sz]ation|firma|unternehmen|societe|empresa/i',
			'phone'   => '/phone|^(your-)?tel$|telefon|mobile?$|handy/i',
			'message' => '/message|nachricht|comment|enquiry|anfrage|mensaje/i',
			'name'    => '/^((your|full|dein|ihr)[-_ ]?)?name$|nombre|^nom$/i',
		);
		foreach ( $kinds as $kind => $pattern ) {
			if ( preg_match( $pattern, (string) $name ) ) {
				return $kind;
			}
		}
		return '';
	}

	private static function is_secret( $name ) {
		return 1 === preg_match( '/passw|kennwort|^_|captcha|turnstile/i', (string) $name );
	}
}
