import { RECONCILIATION_MIGRATIONS } from '@posthorn/ledger';
import { CreateEntries1795000000000 } from './1795000000000-create-entries.js';
import { IndexPublishers1796000000020 } from './1796000000020-index-publishers.js';

export const MIGRATIONS = [CreateEntries1795000000000, ...RECONCILIATION_MIGRATIONS, IndexPublishers1796000000020];
