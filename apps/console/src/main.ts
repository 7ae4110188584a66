import 'reflect-metadata';
import { createHttpApp, launch, runService } from '@posthorn/http';
import { AppModule } from './app.module.js';
import { loadConsoleConfig } from './config.js';

await launch(async () => {
  const config = loadConsoleConfig();
  await runService(await createHttpApp(AppModule.forRoot(config)), config.http);
});
