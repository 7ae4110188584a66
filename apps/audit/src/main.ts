import 'reflect-metadata';
import { createHttpApp, launch, runService } from '@posthorn/http';
import { AppModule } from './app.module.js';
import { AUDIT_API } from './audit.api.js';
import { loadAuditConfig } from './config.js';
import { connectRecording } from './recording/recording.connection.js';

await launch(async () => {
  const config = loadAuditConfig();
  const app = await createHttpApp(AppModule.forRoot(config), { api: AUDIT_API });
  connectRecording(app);
  await runService(app, config.http);
});
