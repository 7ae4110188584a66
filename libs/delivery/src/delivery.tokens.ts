export const DELIVERY_OPTIONS = Symbol('posthorn:delivery-options');
