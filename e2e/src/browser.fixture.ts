export * from '@posthorn/testing/browser';
