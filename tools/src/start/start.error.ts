/** Something the person at the keyboard can put right; shown without a stack. */
export class StartError extends Error {
  constructor(
    readonly code: 'OPTIONS' | 'PORT_BUSY' | 'ALREADY_RUNNING' | 'CONFIGURATION' | 'SERVER' | 'PROVISIONING' | 'SERVICE' | 'NOT_BUILT' | 'STOPPED',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'StartError';
  }
}
