<?php
defined( 'WP_UNINSTALL_PLUGIN' ) || exit;

global $wpdb;

$posthorn_settings = get_option( 'posthorn_settings', array() );

// A secret has no business in the database of a site that does not use it any more.
delete_option( 'posthorn_key' );

// What has not been sent yet may be somebody's only copy, so it goes only where the owner has said so.
if ( ! empty( $posthorn_settings['remove_data'] ) ) {
	// phpcs:ignore WordPress.DB
	$wpdb->query( "DROP TABLE IF EXISTS {$wpdb->prefix}posthorn_queue" );
	foreach ( array( 'settings', 'version', 'installation', 'home', 'trouble' ) as $posthorn_name ) {
		delete_option( 'posthorn_' . $posthorn_name );
	}
	foreach ( array( 'accounts', 'woocommerce' ) as $posthorn_name ) {
		delete_metadata( 'user', 0, '_posthorn_told_' . $posthorn_name, '', true );
	}
}
