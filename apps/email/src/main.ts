import 'reflect-metadata';
import { connectIntegration } from '@posthorn/delivery';
import { createHttpApp, launch, runService } from '@posthorn/http';
import { AppModule } from './app.module.js';
import { loadEmailConfig, SERVICE } from './config.js';

await launch(async () => {
  const config = loadEmailConfig();
  const app = await createHttpApp(AppModule.forRoot(config));
  connectIntegration(app, SERVICE);
  await runService(app, config.http);
});
