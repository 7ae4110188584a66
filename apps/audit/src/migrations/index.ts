import { LEDGER_MIGRATIONS, RECONCILIATION_MIGRATIONS } from '@posthorn/ledger';
import { CreateEntries1795000000000 } from './1795000000000-create-entries.js';
import { IndexPublishers1796000000020 } from './1796000000020-index-publishers.js';
import { GrowTheTree1799000000010 } from './1799000000010-grow-the-tree.js';
import { KeepCheckpoints1799000000050 } from './1799000000050-keep-checkpoints.js';
import { CountEntries1800000000010 } from './1800000000010-count-entries.js';
import { FollowErasures1800000000120 } from './1800000000120-follow-erasures.js';
import { KeepStreams1800000000130 } from './1800000000130-keep-streams.js';
import { IndexWrappingKeys1800000000140 } from './1800000000140-index-wrapping-keys.js';
import { IndexSilence1800000000210 } from './1800000000210-index-silence.js';
import { KeepBooks1797000000030 } from './1797000000030-keep-books.js';
import { DateTakenTypes1797000000040 } from './1797000000040-date-taken-types.js';

export const MIGRATIONS = [CreateEntries1795000000000, ...RECONCILIATION_MIGRATIONS, IndexPublishers1796000000020, ...LEDGER_MIGRATIONS, KeepBooks1797000000030, DateTakenTypes1797000000040, GrowTheTree1799000000010, KeepCheckpoints1799000000050, CountEntries1800000000010, FollowErasures1800000000120, KeepStreams1800000000130, IndexWrappingKeys1800000000140, IndexSilence1800000000210];
