import type { Language } from '../pages/page.language.js';

interface FormTexts {
  thanks: { title: string; body: string };
  mistakes: { title: string; body: string };
  failed: { title: string; body: string };
  back: string;
  /** What is wrong, by the code of a problem. */
  problems: Readonly<Record<string, string>>;
  /** What is wrong with a field, by the contract's rule. */
  rules: Readonly<Record<string, string>>;
  otherwise: string;
}

export const FORM_TEXTS: Readonly<Record<Language, FormTexts>> = {
  en: {
    thanks: { title: 'Thank you', body: 'Your message has arrived.' },
    mistakes: {
      title: 'Not sent yet',
      body: 'Please put this right and send the form again. With the back button of your browser you return to it, and what you typed should still be there.',
    },
    failed: { title: 'This did not work', body: 'Nothing was sent.' },
    back: 'Back to the website',
    problems: {
      'files-not-taken': 'This form does not take files. Please send it without one.',
      'body-too-large': 'That was too much at once. Please shorten your text, and send no file.',
      'form-too-large': 'That was too much at once.',
      'temporarily-unavailable': 'We cannot save this just now. Please go back and try again in a minute.',
      'rate-limited': 'Too much has come from you in a short time. Please wait a moment, go back and try again.',
      'request-timeout': 'Your form took too long to arrive. Please go back and try again.',
      'origin-not-allowed': 'This form cannot be sent from that website. (For its owner: its address is not among the origins of this form.)',
      'form-not-unicode': 'This form is not set up properly. (For its owner: it has to be sent as UTF-8.)',
      'form-unknown': 'This form does not exist. (For the owner of the website: the address in its "action" is wrong.)',
      'internal-error': 'Something went wrong on our side. Please try again later.',
    },
    rules: {
      required: 'please fill this in',
      email: 'please give a whole e-mail address, such as ada@example.org',
      too_big: 'this is too long or too much',
      too_small: 'this is too short or too little',
      type: 'this should be something else, such as a number',
      time_zone: 'please choose a time zone',
      datetime: 'please give a date and time',
      after_start: 'the end has to be after the beginning',
      unknown_field: 'this form cannot take this (for the owner of the website: map the field, or ignore it)',
    },
    otherwise: 'this does not look right',
  },
  de: {
    thanks: { title: 'Vielen Dank', body: 'Ihre Nachricht ist angekommen.' },
    mistakes: {
      title: 'Noch nicht gesendet',
      body: 'Bitte berichtigen Sie Folgendes und senden Sie das Formular noch einmal. Mit „Zurück“ in Ihrem Browser kommen Sie zum Formular; Ihre Eingaben sollten noch da sein.',
    },
    failed: { title: 'Das hat nicht geklappt', body: 'Es wurde nichts gesendet.' },
    back: 'Zurück zur Website',
    problems: {
      'files-not-taken': 'Dieses Formular nimmt keine Dateien an. Bitte senden Sie es ohne Datei.',
      'body-too-large': 'Das war zu viel auf einmal. Bitte kürzen Sie Ihren Text und senden Sie keine Datei mit.',
      'form-too-large': 'Das war zu viel auf einmal.',
      'temporarily-unavailable': 'Wir können das gerade nicht speichern. Bitte gehen Sie zurück und versuchen Sie es in einer Minute noch einmal.',
      'rate-limited': 'Von Ihnen kam in kurzer Zeit zu viel. Bitte warten Sie einen Moment, gehen Sie zurück und versuchen Sie es noch einmal.',
      'request-timeout': 'Ihr Formular hat zu lange gebraucht. Bitte gehen Sie zurück und versuchen Sie es noch einmal.',
      'origin-not-allowed': 'Von dieser Website kann das Formular nicht gesendet werden. (Für den Betreiber: Ihre Adresse gehört nicht zu den „origins“ des Formulars.)',
      'form-not-unicode': 'Dieses Formular ist nicht richtig eingerichtet. (Für den Betreiber: Es muss als UTF-8 gesendet werden.)',
      'form-unknown': 'Dieses Formular gibt es nicht. (Für den Betreiber der Website: Die Adresse in „action“ stimmt nicht.)',
      'internal-error': 'Bei uns ist etwas schiefgegangen. Bitte versuchen Sie es später noch einmal.',
    },
    rules: {
      required: 'bitte ausfüllen',
      email: 'bitte eine vollständige E-Mail-Adresse angeben, etwa ada@example.org',
      too_big: 'das ist zu lang oder zu viel',
      too_small: 'das ist zu kurz oder zu wenig',
      type: 'hier wird etwas anderes erwartet, etwa eine Zahl',
      time_zone: 'bitte eine Zeitzone auswählen',
      datetime: 'bitte Datum und Uhrzeit angeben',
      after_start: 'das Ende muss nach dem Anfang liegen',
      unknown_field: 'das kann dieses Formular nicht aufnehmen (für den Betreiber der Website: Feld zuordnen oder ignorieren)',
    },
    otherwise: 'das stimmt so nicht',
  },
};
