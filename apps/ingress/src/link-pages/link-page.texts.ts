import type { LinkPurpose } from '@posthorn/contracts';
import type { Language } from '../pages/page.language.js';

export type PageKind = LinkPurpose | `${LinkPurpose}-done` | 'expired' | 'erase-expired' | 'invalid' | 'unavailable';

export interface PageText {
  title: string;
  /** `{site}` stands for the site's name. */
  body: string;
  button?: string;
}

export const TEXTS: Record<Language, Record<PageKind, PageText>> = {
  en: {
    confirm: {
      title: 'One more click',
      body: 'Please confirm that you would like to receive the newsletter of {site}.',
      button: 'Yes, subscribe me',
    },
    'confirm-done': { title: 'You are subscribed', body: 'Thank you. The newsletter of {site} will come to you from now on.' },
    unsubscribe: {
      title: 'Leaving?',
      body: 'Please confirm that you no longer want the newsletter of {site}.',
      button: 'Yes, unsubscribe me',
    },
    'unsubscribe-done': { title: 'You are unsubscribed', body: 'You will get no more newsletters from {site}.' },
    erase: {
      title: 'Shall we forget you?',
      body: 'With one click, everything that {site} has received from you through its website is erased. This cannot be undone.',
      button: 'Yes, erase my data',
    },
    'erase-done': { title: 'Your data is being erased', body: 'What {site} has received from you is erased, here at once and everywhere it was passed on to shortly.' },
    expired: { title: 'This link has expired', body: 'Please sign up again on the website; you will get a new link.' },
    'erase-expired': {
      title: 'This link does not work any more',
      body: 'If you have pressed its button before, your data is erased already. Otherwise please ask for it again on the website; you will get a new link.',
    },
    invalid: {
      title: 'This link is not valid',
      body: 'It may have been cut when it was copied. Please open it from the e-mail once more.',
    },
    unavailable: { title: 'One moment, please', body: 'We cannot save this just now. Please try again in a minute.' },
  },
  de: {
    confirm: {
      title: 'Nur noch ein Klick',
      body: 'Bitte bestätigen Sie, dass Sie den Newsletter von {site} erhalten möchten.',
      button: 'Ja, ich möchte ihn erhalten',
    },
    'confirm-done': { title: 'Sie sind angemeldet', body: 'Vielen Dank. Ab jetzt kommt der Newsletter von {site} zu Ihnen.' },
    unsubscribe: {
      title: 'Abmelden?',
      body: 'Bitte bestätigen Sie, dass Sie den Newsletter von {site} nicht mehr erhalten möchten.',
      button: 'Ja, bitte abmelden',
    },
    'unsubscribe-done': { title: 'Sie sind abgemeldet', body: 'Sie erhalten keinen Newsletter von {site} mehr.' },
    erase: {
      title: 'Sollen wir Sie vergessen?',
      body: 'Mit einem Klick wird alles gelöscht, was {site} über die Website von Ihnen erhalten hat. Das lässt sich nicht rückgängig machen.',
      button: 'Ja, meine Daten löschen',
    },
    'erase-done': { title: 'Ihre Daten werden gelöscht', body: 'Was {site} von Ihnen erhalten hat, ist hier gelöscht und in Kürze auch überall, wohin es weitergegeben wurde.' },
    'erase-expired': {
      title: 'Dieser Link gilt nicht mehr',
      body: 'Wenn Sie den Knopf schon gedrückt haben, sind Ihre Daten bereits gelöscht. Sonst bitten Sie auf der Website noch einmal darum; Sie erhalten dann einen neuen Link.',
    },
    expired: { title: 'Dieser Link ist abgelaufen', body: 'Bitte melden Sie sich auf der Website neu an; Sie erhalten dann einen neuen Link.' },
    invalid: {
      title: 'Dieser Link ist ungültig',
      body: 'Vielleicht wurde er beim Kopieren abgeschnitten. Bitte öffnen Sie ihn noch einmal aus der E-Mail.',
    },
    unavailable: { title: 'Einen Moment, bitte', body: 'Wir können das gerade nicht speichern. Bitte versuchen Sie es in einer Minute noch einmal.' },
  },
};
