/** The whole frozen configuration of this process. */
export const SANDBOX_CONFIG = Symbol('SANDBOX_CONFIG');
