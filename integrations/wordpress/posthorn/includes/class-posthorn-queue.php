<?php
defined( 'ABSPATH' ) || exit;

/**
 * The events that are still to be sent, in a table of their own: waiting → sending → sent, or failed.
 * Written in the request that caused them. Whatever is sent loses its content at once.
 */
class Posthorn_Queue {
	const CLAIM_SECONDS = 120;
	const KEEP_SENT     = 2592000;

	private static $added = 0;

	public static function table() {
		global $wpdb;
		return $wpdb->prefix . 'posthorn_queue';
	}

	public static function install() {
		global $wpdb;
		require_once ABSPATH . 'wp-admin/includes/upgrade.php';
		$table = self::table();
		dbDelta(
			"CREATE TABLE {$table} (
				id bigint(20) unsigned NOT NULL AUTO_INCREMENT,
				idempotency_key varchar(150) NOT NULL,
				source varchar(40) NOT NULL,
				type varchar(100) NOT NULL,
				body longtext NOT NULL,
				person varchar(64) NOT NULL DEFAULT '',
				state varchar(10) NOT NULL DEFAULT 'waiting',
				attempts int(10) unsigned NOT NULL DEFAULT 0,
				due_at bigint(20) unsigned NOT NULL,
				claim varchar(40) NOT NULL DEFAULT '',
				added_at bigint(20) unsigned NOT NULL,
				settled_at bigint(20) unsigned NOT NULL DEFAULT 0,
				event_id varchar(40) NOT NULL DEFAULT '',
				reason text NOT NULL,
				PRIMARY KEY  (id),
				UNIQUE KEY idempotency_key (idempotency_key),
				KEY due (state,due_at),
				KEY person (person)
			) {$wpdb->get_charset_collate()};"
		);
		// Options are loaded with every page unless they exist and say otherwise.
		add_option( Posthorn_Settings::KEY_OPTION, '', '', false );
		add_option( 'posthorn_trouble', array(), '', false );
		Posthorn_Settings::installation();
		if ( '' === get_option( 'posthorn_home', '' ) ) {
			Posthorn_Settings::claim_home();
		}
		update_option( 'posthorn_version', POSTHORN_VERSION );
	}

	/**
	 * Keeps an event for sending. With a $fact such as 'order-727' it is kept once, however often it is said.
	 * Answers whether it is in the queue.
	 */
	public static function add( $source, $type, array $data, $fact = '', $time = null ) {
		global $wpdb;
		$body  = wp_json_encode(
			array(
				'type' => $type,
				'time' => gmdate( 'Y-m-d\TH:i:s\Z', null === $time ? time() : (int) $time ),
				'data' => $data,
			)
		);
		$email = isset( $data['person']['email'] ) ? $data['person']['email'] : '';
		// What wpdb says of an error has the whole statement in it, and goes to a log.
		$shown = $wpdb->suppress_errors( true );
		$kept  = false === $body ? false : $wpdb->query(
			$wpdb->prepare(
				'INSERT INTO ' . self::table() . ' (idempotency_key, source, type, body, person, due_at, added_at, reason) VALUES (%s, %s, %s, %s, %s, %d, %d, %s) ON DUPLICATE KEY UPDATE id = id',
				self::idempotency_key( $fact ),
				$source,
				$type,
				$body,
				self::person( $email ),
				time(),
				time(),
				''
			)
		);
		$wpdb->suppress_errors( $shown );
		if ( false === $kept ) {
			// phpcs:ignore WordPress.PHP.DevelopmentFunctions
			error_log( "Posthorn: an event ($type of $source) could not be written to the queue. Is the database full, or the table gone? Deactivate and activate the plugin to make it again." );
			return false;
		}
		self::$added += (int) $kept;
		return true;
	}

	public static function has_news() {
		return self::$added > 0;
	}

	/** Takes the next one that is due, so that no other process has it; null when there is none. */
	public static function claim() {
		global $wpdb;
		$table = self::table();
		$claim = wp_generate_uuid4();
		// A claim that has run out: the process died, and nobody knows whether it had sent. The idempotency key does.
		// Those that were tried less come first, so that one that fails again and again does not stand in the way.
		$taken = $wpdb->query( $wpdb->prepare( "UPDATE {$table} SET state = 'sending', claim = %s, due_at = %d, attempts = attempts + 1 WHERE state IN ('waiting', 'sending') AND due_at <= %d ORDER BY attempts, id LIMIT 1", $claim, time() + self::CLAIM_SECONDS, time() ) );
		return $taken ? $wpdb->get_row( $wpdb->prepare( "SELECT id, idempotency_key, claim, body, attempts FROM {$table} WHERE claim = %s", $claim ) ) : null;
	}

	public static function sent( $row, $event_id ) {
		self::settle( array( 'id' => $row->id ), array( 'state' => 'sent', 'body' => '', 'person' => '', 'event_id' => $event_id, 'reason' => '', 'settled_at' => time() ) );
	}

	// Only as long as the claim is ours: another process may have sent it meanwhile.
	public static function failed( $row, $reason ) {
		self::settle( array( 'id' => $row->id, 'claim' => $row->claim ), array( 'state' => 'failed', 'reason' => $reason, 'settled_at' => time() ) );
	}

	public static function later( $row, $reason, $seconds ) {
		self::settle( array( 'id' => $row->id, 'claim' => $row->claim ), array( 'state' => 'waiting', 'reason' => $reason, 'due_at' => time() + $seconds ) );
	}

	/** After an outage: nobody waits for the end of a long pause. */
	public static function hurry() {
		global $wpdb;
		$wpdb->query( $wpdb->prepare( 'UPDATE ' . self::table() . " SET due_at = %d WHERE state = 'waiting' AND due_at > %d", time(), time() ) );
	}

	/** Failed ones are tried again, one or all; the content is what it was. */
	public static function retry( $id = 0 ) {
		global $wpdb;
		$where = $id ? $wpdb->prepare( ' AND id = %d', $id ) : '';
		// phpcs:ignore WordPress.DB.PreparedSQL
		return (int) $wpdb->query( $wpdb->prepare( 'UPDATE ' . self::table() . " SET state = 'waiting', attempts = 0, due_at = %d, reason = '' WHERE state = 'failed'", time() ) . $where );
	}

	public static function discard( $id ) {
		global $wpdb;
		return (int) $wpdb->delete( self::table(), array( 'id' => $id, 'state' => 'failed' ) );
	}

	/** How many there are of each state. */
	public static function counts() {
		global $wpdb;
		$counts = array( 'waiting' => 0, 'sending' => 0, 'failed' => 0, 'sent' => 0 );
		foreach ( $wpdb->get_results( 'SELECT state, count(*) AS number FROM ' . self::table() . ' GROUP BY state' ) as $row ) {
			$counts[ $row->state ] = (int) $row->number;
		}
		return $counts;
	}

	/** Without their content. */
	public static function newest( $state, $limit ) {
		global $wpdb;
		return $wpdb->get_results( $wpdb->prepare( 'SELECT id, source, type, attempts, added_at, settled_at, event_id, reason FROM ' . self::table() . ' WHERE state = %s ORDER BY id DESC LIMIT %d', $state, $limit ) );
	}

	public static function oldest_waiting() {
		global $wpdb;
		return (int) $wpdb->get_var( 'SELECT min(added_at) FROM ' . self::table() . " WHERE state IN ('waiting', 'sending')" );
	}

	/** What is kept of somebody. */
	public static function of_person( $email ) {
		global $wpdb;
		return '' === trim( $email ) ? array() : $wpdb->get_results( $wpdb->prepare( 'SELECT id, type, source, body, state, added_at FROM ' . self::table() . ' WHERE person = %s ORDER BY id', self::person( $email ) ) );
	}

	public static function forget_person( $email ) {
		global $wpdb;
		return '' === trim( $email ) ? 0 : (int) $wpdb->delete( self::table(), array( 'person' => self::person( $email ) ) );
	}

	public static function tidy() {
		global $wpdb;
		$wpdb->query( $wpdb->prepare( 'DELETE FROM ' . self::table() . " WHERE state = 'sent' AND settled_at < %d LIMIT 1000", time() - self::KEEP_SENT ) );
	}

	private static function settle( array $where, array $values ) {
		global $wpdb;
		$shown = $wpdb->suppress_errors( true );
		$wpdb->update( self::table(), $values + array( 'claim' => '' ), $where );
		$wpdb->suppress_errors( $shown );
	}

	private static function idempotency_key( $fact ) {
		return 'wp-' . Posthorn_Settings::installation() . '-' . ( '' === $fact ? str_replace( '-', '', wp_generate_uuid4() ) : preg_replace( '/[^A-Za-z0-9._-]/', '_', $fact ) );
	}

	/** Rows are found by it, and it tells nobody who it is. */
	private static function person( $email ) {
		return '' === trim( $email ) ? '' : hash_hmac( 'sha256', strtolower( trim( $email ) ), wp_salt( 'auth' ) );
	}
}
