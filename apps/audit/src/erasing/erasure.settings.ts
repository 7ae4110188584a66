/** What certificates say of things that only the operator knows. */
export const ERASURE_SETTINGS = Symbol('erasure settings');
