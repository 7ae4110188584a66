<?php
defined( 'ABSPATH' ) || exit;

/** WooCommerce: orders that are paid, and customers. */
class Posthorn_Shop {
	const TOLD = '_posthorn_told';

	public static function register() {
		add_action( 'before_woocommerce_init', array( __CLASS__, 'declare_compatibility' ) );
		if ( ! Posthorn_Settings::takes( 'woocommerce' ) ) {
			return;
		}
		// An order is paid once, and WooCommerce may say so in each of these ways.
		foreach ( array( 'woocommerce_payment_complete', 'woocommerce_order_status_processing', 'woocommerce_order_status_completed' ) as $hook ) {
			add_action( $hook, array( __CLASS__, 'paid' ) );
		}
		add_action( 'woocommerce_new_customer', array( __CLASS__, 'customer' ) );
		add_action( 'woocommerce_update_customer', array( __CLASS__, 'customer' ) );
	}

	public static function paid( $id ) {
		$order = function_exists( 'wc_get_order' ) ? wc_get_order( $id ) : null;
		if ( ! $order || ! $order->is_paid() || '' !== (string) $order->get_meta( self::TOLD ) ) {
			return;
		}
		$lines = array();
		foreach ( $order->get_items() as $item ) {
			$product = $item->get_product();
			$lines[] = Posthorn_Text::without_empty(
				array(
					'sku'      => $product ? Posthorn_Text::line( $product->get_sku(), 100 ) : '',
					'name'     => Posthorn_Text::line( wp_strip_all_tags( $item->get_name() ), 300 ),
					'quantity' => (float) $item->get_quantity(),
					// Before tax, as WooCommerce's own webhooks have it.
					'price'    => Posthorn_Text::amount( $order->get_item_total( $item, false, false ) ),
				)
			);
		}
		$data = array(
			'orderId' => Posthorn_Text::line( $order->get_order_number(), 200 ),
			'total'   => array( 'amount' => Posthorn_Text::amount( $order->get_total() ), 'currency' => $order->get_currency() ),
			'lines'   => $lines,
			'person'  => Posthorn_Text::person(
				$order->get_billing_email(),
				array(
					'name'    => $order->get_billing_first_name() . ' ' . $order->get_billing_last_name(),
					'phone'   => $order->get_billing_phone(),
					'company' => $order->get_billing_company(),
				)
			),
		);
		$paid = $order->get_date_paid();
		if ( Posthorn_Queue::add( 'woocommerce', 'order.paid', Posthorn_Text::without_empty( $data ), "order-$id", $paid ? $paid->getTimestamp() : null ) ) {
			$order->update_meta_data( self::TOLD, gmdate( 'c' ) );
			$order->save_meta_data();
		}
	}

	public static function customer( $id ) {
		$customer = class_exists( 'WC_Customer' ) ? new WC_Customer( $id ) : null;
		if ( $customer ) {
			Posthorn_Accounts::tell( 'woocommerce', (int) $id, Posthorn_Text::without_empty( array( 'phone' => $customer->get_billing_phone(), 'company' => $customer->get_billing_company() ) ) );
		}
	}

	public static function declare_compatibility() {
		if ( class_exists( '\Automattic\WooCommerce\Utilities\FeaturesUtil' ) ) {
			\Automattic\WooCommerce\Utilities\FeaturesUtil::declare_compatibility( 'custom_order_tables', POSTHORN_FILE, true );
		}
	}
}
