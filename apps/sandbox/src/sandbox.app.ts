import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createHttpApp, type HttpAppOptions } from '@posthorn/http';
import { AppModule } from './app.module.js';
import type { SandboxConfig } from './config.js';
import { ProviderHost } from './provider.host.js';

/** The whole sandbox, not yet listening. */
export async function createSandbox(config: SandboxConfig, options: HttpAppOptions = {}): Promise<NestFastifyApplication> {
  const app = await createHttpApp(AppModule.with(config), { ...options, forms: true });
  app.get(ProviderHost).addRoutes(app.getHttpAdapter().getInstance());
  return app;
}
