import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { builtFile, WORKSPACE } from '../workspace.js';
import type { ServiceEntry } from './service.catalogue.js';
import { provisioningEnvironment, type StackFacts } from './stack.environment.js';
import { StartError } from './start.error.js';

/** Runs a service's own provisioning step, with the administrators' rights, which the service never has. */
export async function provisionService(service: ServiceEntry, facts: StackFacts, signal: AbortSignal): Promise<void> {
  if (!existsSync(builtFile(service.name, 'provision'))) return;
  await new Promise<void>((resolve, reject) => {
    const child = spawn(process.execPath, ['--enable-source-maps', builtFile(service.name, 'provision')], {
      cwd: WORKSPACE,
      env: provisioningEnvironment(service, facts),
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
    });
    let output = '';
    child.stdout.on('data', (data: Buffer) => (output += data.toString()));
    child.stderr.on('data', (data: Buffer) => (output += data.toString()));
    child.once('error', (cause) => reject(new StartError('PROVISIONING', `${service.name} could not be prepared: ${cause.message}`, { cause })));
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new StartError('PROVISIONING', `${service.name} could not be prepared.\n${output.trim()}`));
    });
  });
}
