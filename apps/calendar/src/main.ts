import 'reflect-metadata';
import { EVENTS_STREAM } from '@posthorn/contracts';
import { createHttpApp, launch, runService } from '@posthorn/http';
import { connectMessaging } from '@posthorn/messaging';
import { AppModule } from './app.module.js';
import { loadCalendarConfig, SERVICE } from './config.js';

await launch(async () => {
  const config = loadCalendarConfig();
  const app = await createHttpApp(AppModule.forRoot(config));
  connectMessaging(app, { consumers: [{ stream: EVENTS_STREAM, durable: SERVICE }], answers: true });
  await runService(app, config.http);
});
