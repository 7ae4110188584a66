export type { Death } from './start/keeper.js';
export { runDrill, type DrillSettings } from './drill/drill.js';
export { type DrillReport } from './drill/drill.report.js';
export { anyPorts, portsFrom, type PortPlan } from './start/port.plan.js';
export { startStack, type Stack, type StackOptions, type StackProcess, type Step } from './start/stack.js';
export { StartError } from './start/start.error.js';
export { provePromise } from './prove/proofs.js';
export { EXAMPLE_CONFIG, WORKSPACE } from './workspace.js';
