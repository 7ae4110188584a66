import type { Provider, Type } from '@nestjs/common';
import { CalendarController } from './backstage/calendar.controller.js';
import { CrmController } from './backstage/crm.controller.js';
import { FaultsPageController } from './backstage/faults-page.controller.js';
import { InboxController } from './backstage/inbox.controller.js';
import { CallbackController } from './callback.controller.js';
import { FormSender } from './form.sender.js';
import { IngressClient } from './ingress.client.js';
import { JourneyService } from './journey.service.js';
import { SentController } from './sent.controller.js';
import { ShopController } from './shop.controller.js';
import { SubmissionMemory } from './submission.memory.js';

/** The demo website's parts, for the one module of the sandbox: they share its stores. */
export const WEBSITE_CONTROLLERS: Type[] = [ShopController, CallbackController, SentController, CrmController, InboxController, CalendarController, FaultsPageController];
export const WEBSITE_PROVIDERS: Provider[] = [IngressClient, FormSender, SubmissionMemory, JourneyService];
