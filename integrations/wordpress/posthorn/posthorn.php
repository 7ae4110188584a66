<?php
/**
 * Plugin Name:       Posthorn
 * Description:       Brings enquiries, comments, accounts and paid orders of this website to Posthorn, and loses nothing on the way.
 * Version:           0.1.0
 * Requires at least: 5.8
 * Requires PHP:      7.4
 * License:           GPL-2.0-or-later
 * License URI:       https://www.gnu.org/licenses/gpl-2.0.html
 * Text Domain:       posthorn
 * Domain Path:       /languages
 */

defined( 'ABSPATH' ) || exit;

define( 'POSTHORN_VERSION', '0.1.0' );
define( 'POSTHORN_FILE', __FILE__ );

foreach ( array( 'settings', 'text', 'queue', 'sender', 'forms', 'accounts', 'shop', 'privacy', 'settings-page', 'status-page' ) as $posthorn_part ) {
	require_once __DIR__ . '/includes/class-posthorn-' . $posthorn_part . '.php';
}
unset( $posthorn_part );

register_activation_hook( __FILE__, array( 'Posthorn_Queue', 'install' ) );
register_deactivation_hook( __FILE__, array( 'Posthorn_Sender', 'unschedule' ) );

add_action(
	'plugins_loaded',
	function () {
		// Also after an update and on each site of a network, where nobody activates it.
		if ( get_option( 'posthorn_version' ) !== POSTHORN_VERSION ) {
			Posthorn_Queue::install();
		}
		Posthorn_Sender::register();
		Posthorn_Forms::register();
		Posthorn_Accounts::register();
		Posthorn_Shop::register();
		Posthorn_Privacy::register();
		Posthorn_Settings_Page::register();
		Posthorn_Status_Page::register();
	}
);

add_action(
	'init',
	function () {
		load_plugin_textdomain( 'posthorn', false, dirname( plugin_basename( __FILE__ ) ) . '/languages' );
	}
);
