<?php
defined( 'ABSPATH' ) || exit;

/** Tools → Export and Erase Personal Data: what this website still has of somebody. */
class Posthorn_Privacy {
	public static function register() {
		add_filter( 'wp_privacy_personal_data_exporters', array( __CLASS__, 'exporters' ) );
		add_filter( 'wp_privacy_personal_data_erasers', array( __CLASS__, 'erasers' ) );
		add_action( 'admin_init', array( __CLASS__, 'suggest_policy' ) );
	}

	public static function exporters( $exporters ) {
		$exporters['posthorn'] = array( 'exporter_friendly_name' => 'Posthorn', 'callback' => array( __CLASS__, 'export' ) );
		return $exporters;
	}

	public static function erasers( $erasers ) {
		$erasers['posthorn'] = array( 'eraser_friendly_name' => 'Posthorn', 'callback' => array( __CLASS__, 'erase' ) );
		return $erasers;
	}

	public static function export( $email ) {
		$items = array();
		foreach ( Posthorn_Queue::of_person( $email ) as $row ) {
			$items[] = array(
				'group_id'    => 'posthorn',
				'group_label' => __( 'Events that are to be sent to Posthorn', 'posthorn' ),
				'item_id'     => 'posthorn-' . $row->id,
				'data'        => array(
					array( 'name' => __( 'Event', 'posthorn' ), 'value' => esc_html( $row->type ) ),
					array( 'name' => __( 'Since', 'posthorn' ), 'value' => esc_html( gmdate( 'c', (int) $row->added_at ) ) ),
					array( 'name' => __( 'Content', 'posthorn' ), 'value' => esc_html( $row->body ) ),
				),
			);
		}
		return array( 'data' => $items, 'done' => true );
	}

	public static function erase( $email ) {
		return array(
			'items_removed'  => Posthorn_Queue::forget_person( $email ),
			'items_retained' => false,
			'messages'       => array( __( 'Posthorn: what had not been sent yet is erased. What has been sent is erased there: posthorn privacy erase.', 'posthorn' ) ),
			'done'           => true,
		);
	}

	public static function suggest_policy() {
		wp_add_privacy_policy_content( 'Posthorn', '<p>' . esc_html__( 'What you send with a form, a comment, an account or an order is kept on this website until it has been passed on to our own systems, and is removed here at once after that.', 'posthorn' ) . '</p>' );
	}
}
