import { type DynamicModule, Module } from '@nestjs/common';
import { OUTCOMES_STREAM } from '@posthorn/contracts';
import { AskedKeys, KeyRing, TokenVerifier } from '@posthorn/http';
import { LedgerModule, reconcilerOf, type ReconciliationOptions } from '@posthorn/ledger';
import { Inquiry, MessagingModule, streamNamed } from '@posthorn/messaging';
import { HealthRegistry, Metrics, ObservabilityModule } from '@posthorn/observability';
import { PersistenceModule } from '@posthorn/persistence';
import { BookFindings } from './books/book.findings.js';
import { BookInquiry } from './books/book.inquiry.js';
import { BookMetrics } from './books/book.metrics.js';
import { BOOK_OPTIONS, type BookOptions } from './books/book.options.js';
import { BookShelf } from './books/book.shelf.js';
import { Bookkeeper } from './books/bookkeeper.service.js';
import { BooksController } from './books/books.controller.js';
import { BooksReader } from './books/books.reader.js';
import { DifferenceSearch } from './books/difference.search.js';
import { RecordedCounts } from './books/recorded.counts.js';
import { type AuditConfig, issuersOf, keyEntryOf, keysOf, SERVICE } from './config.js';
import { CountsController } from './counts/counts.controller.js';
import { CountsReader } from './counts/counts.reader.js';
import { EntryCounter } from './counts/entry.counter.js';
import { CertificateWriter } from './erasing/certificate.writer.js';
import { ErasureBook } from './erasing/erasure.book.js';
import { ErasureCertifier } from './erasing/erasure.certifier.js';
import { ErasureMetrics } from './erasing/erasure.metrics.js';
import { ErasureReader } from './erasing/erasure.reader.js';
import { ERASURE_SETTINGS, type ErasureSettings } from './erasing/erasure.settings.js';
import { ErasuresController } from './erasing/erasures.controller.js';
import { PeopleEraser } from './erasing/people.eraser.js';
import { BlobReader } from './export/blob.reader.js';
import { CsvFormat } from './export/csv.format.js';
import { EntryScan } from './export/entry.scan.js';
import { ExportCheckpoints } from './export/export.checkpoints.js';
import { ExportController } from './export/export.controller.js';
import { ExportPlaces } from './export/export.places.js';
import { Exporter } from './export/exporter.js';
import { NdjsonFormat } from './export/ndjson.format.js';
import { SealMarks } from './export/seal.marks.js';
import { CheckpointMetrics } from './log/checkpoint.metrics.js';
import { CheckpointRounds } from './log/checkpoint.rounds.js';
import { CHECKPOINT_SETTINGS } from './log/checkpoint.settings.js';
import { CheckpointShelf } from './log/checkpoint.shelf.js';
import { CheckpointSigner } from './log/checkpoint.signer.js';
import { storeOf } from './log/checkpoint.store.js';
import { EvidenceController } from './log/evidence.controller.js';
import { LogController } from './log/log.controller.js';
import { LogFindings } from './log/log.findings.js';
import { LogIdentity } from './log/log.identity.js';
import { LogTiles } from './log/log.tiles.js';
import { StoreKeeper } from './log/store.keeper.js';
import { Witnesses } from './log/witnesses.js';
import { KeyRewrapper } from './people/key.rewrapper.js';
import { KeyVault } from './people/key.vault.js';
import { People } from './people/people.js';
import { PeopleFinder } from './people/people.finder.js';
import { PersonalReader } from './people/personal.reader.js';
import { PersonExportController } from './person-export/person.export.controller.js';
import { PersonExporter } from './person-export/person.exporter.js';
import { AccessLog } from './questions/access.log.js';
import { DeliveriesResponder } from './questions/deliveries.responder.js';
import { PreviewResponder } from './questions/preview.responder.js';
import { EntriesController } from './questions/entries.controller.js';
import { EntryReader } from './questions/entry.reader.js';
import { EntryViewer } from './questions/entry.view.js';
import { PeopleController } from './questions/people.controller.js';
import { TraceController } from './questions/trace.controller.js';
import { TraceReader } from './questions/trace.reader.js';
import { EntryRecorder } from './recording/entry.recorder.js';
import { EntryWriter } from './recording/entry.writer.js';
import { LogEdge } from './recording/log.edge.js';
import { LogSubscription } from './recording/log.subscription.js';
import { CONSUMERS } from './recording/recording.connection.js';
import { RecordingConsumer } from './recording/recording.consumer.js';
import { EntryStreams } from './streaming/entry.streams.js';
import { StreamReader } from './streaming/stream.reader.js';
import { StreamShelf } from './streaming/stream.shelf.js';

/** What a test may hurry. */
export interface AuditPace {
  reconciliation?: ReconciliationOptions;
  books?: BookOptions;
}

/** Everything the audit log is made of. */
@Module({})
export class AppModule {
  static forRoot({ section, database, nats, logLevel, otlpEndpoint }: AuditConfig, { reconciliation, books }: AuditPace = {}): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ObservabilityModule.forRoot({ service: SERVICE, logLevel, otlpEndpoint }),
        PersistenceModule.forRoot({ ...database, schema: SERVICE, service: SERVICE }),
        MessagingModule.forRoot({ ...nats, service: SERVICE, topology: { streams: [streamNamed(OUTCOMES_STREAM)], consumers: CONSUMERS } }),
        LedgerModule.forRoot({ publisher: SERVICE }),
      ],
      controllers: [RecordingConsumer, DeliveriesResponder, PreviewResponder, EntriesController, TraceController, PeopleController, BooksController, LogController, EvidenceController, ExportController, CountsController, ErasuresController, PersonExportController],
      providers: [
        { provide: KeyRing, useFactory: () => new KeyRing({ keys: keysOf(section), more: true }) },
        {
          provide: AskedKeys,
          inject: [KeyRing, HealthRegistry, Inquiry],
          useFactory: (ring: KeyRing, health: HealthRegistry, inquiry: Inquiry) =>
            new AskedKeys({ kind: 'auditor', ring, health, ask: (subject, question) => inquiry.ask(subject, question), entryOf: keyEntryOf }),
        },
        { provide: TokenVerifier, useFactory: () => new TokenVerifier({ issuers: issuersOf(section) }) },
        { provide: KeyVault, useFactory: () => new KeyVault(section.encryption.keys, section.encryption.lookupKey) },
        People,
        PersonalReader,
        KeyRewrapper,
        LogEdge,
        PeopleEraser,
        ErasureBook,
        EntryWriter,
        EntryRecorder,
        reconcilerOf(EntryRecorder, (log, recorder) => new LogSubscription(log, recorder), { since: section.since, ...reconciliation }),
        EntryReader,
        EntryViewer,
        PeopleFinder,
        AccessLog,
        TraceReader,
        { provide: BOOK_OPTIONS, useValue: { ...section.books, ...books } satisfies BookOptions },
        RecordedCounts,
        BookInquiry,
        BookShelf,
        BookFindings,
        DifferenceSearch,
        Bookkeeper,
        BookMetrics,
        BooksReader,
        { provide: CHECKPOINT_SETTINGS, useValue: section.checkpoints },
        { provide: LogIdentity, useFactory: () => new LogIdentity(section.origin, section.signingKeys) },
        LogTiles,
        CheckpointShelf,
        LogFindings,
        CheckpointSigner,
        {
          provide: StoreKeeper,
          inject: [CheckpointShelf, LogIdentity],
          useFactory: (shelf: CheckpointShelf, identity: LogIdentity) => new StoreKeeper(shelf, identity, section.checkpoints.store && storeOf(section.checkpoints.store, section.origin)),
        },
        Witnesses,
        CheckpointRounds,
        CheckpointMetrics,
        { provide: ERASURE_SETTINGS, useValue: { ...section.erasure, streams: section.streams } satisfies ErasureSettings },
        ErasureCertifier,
        ErasureReader,
        CertificateWriter,
        PersonExporter,
        ErasureMetrics,
        EntryCounter,
        CountsReader,
        EntryScan,
        BlobReader,
        NdjsonFormat,
        CsvFormat,
        SealMarks,
        Exporter,
        ExportCheckpoints,
        ExportPlaces,
        StreamReader,
        StreamShelf,
        {
          provide: EntryStreams,
          inject: [LogIdentity, StreamReader, StreamShelf, HealthRegistry, Metrics],
          useFactory: (identity: LogIdentity, reader: StreamReader, shelf: StreamShelf, health: HealthRegistry, metrics: Metrics) => new EntryStreams(section.streams, identity, reader, shelf, health, metrics),
        },
      ],
    };
  }
}
