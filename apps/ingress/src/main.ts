import 'reflect-metadata';
import { createHttpApp, launch, runService } from '@posthorn/http';
import { connectMessaging } from '@posthorn/messaging';
import { AppModule } from './app.module.js';
import { loadIngressConfig } from './config.js';
import { INGRESS_API } from './ingress.api.js';

await launch(async () => {
  const config = loadIngressConfig();
  // Mail programs unsubscribe by posting a form (RFC 8058).
  const { trustedProxies, connectionsPerAddress } = config.section.limits;
  const app = await createHttpApp(AppModule.forRoot(config), { forms: true, api: INGRESS_API, trustedProxies, connectionsPerAddress });
  connectMessaging(app, { answers: true });
  await runService(app, config.http);
});
