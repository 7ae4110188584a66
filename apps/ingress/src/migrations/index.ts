import { LEDGER_MIGRATIONS, LEDGER_PEOPLE_MIGRATIONS } from '@posthorn/ledger';
import { CountAccepted1797000000010 } from './1797000000010-count-accepted.js';
import { EraseEvents1801000000020 } from './1801000000020-erase-events.js';
import { SetAside1802000000010 } from './1802000000010-set-aside.js';
import { KeepKeys1802000000020 } from './1802000000020-keep-keys.js';
import { LimitCallers1802000000030 } from './1802000000030-limit-callers.js';
import { ReceiveWebhooks1802000000040 } from './1802000000040-receive-webhooks.js';
import { SpendChallenges1802000000050 } from './1802000000050-spend-challenges.js';

/** The ingress owns a ledger, the count of what is in it, the way to a person's events, what is set aside, the keys, how much callers have sent lately, what is known of webhooks, and the work that visitors did. */
export const MIGRATIONS = [...LEDGER_MIGRATIONS, CountAccepted1797000000010, ...LEDGER_PEOPLE_MIGRATIONS, EraseEvents1801000000020, SetAside1802000000010, KeepKeys1802000000020, LimitCallers1802000000030, ReceiveWebhooks1802000000040, SpendChallenges1802000000050];
