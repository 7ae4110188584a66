const TEXTS = {
  en: {
    kept: 'This could not be sent yet. It is kept in this browser, and sent as soon as there is a connection.',
    unsafe: 'This could not be sent yet. Please leave this page open: it is tried again.',
    waiting: 'This has not been sent: it needs your consent first.',
    failed: 'This did not work. Please try again later.',
  },
  de: {
    kept: 'Das konnte noch nicht gesendet werden. Es ist in diesem Browser gespeichert und wird gesendet, sobald es eine Verbindung gibt.',
    unsafe: 'Das konnte noch nicht gesendet werden. Bitte lassen Sie diese Seite offen: Wir versuchen es wieder.',
    waiting: 'Das wurde nicht gesendet: Es braucht erst Ihre Einwilligung.',
    failed: 'Das hat nicht geklappt. Bitte versuchen Sie es später noch einmal.',
  },
};

/** In the language of the page; `data-posthorn-kept`, … on the form say it in the site's own words. */
export function textFor(form: HTMLFormElement, name: keyof typeof TEXTS.en): string {
  const language = document.documentElement.lang || navigator.language;
  return form.getAttribute(`data-posthorn-${name}`) ?? TEXTS[/^de\b/i.test(language) ? 'de' : 'en'][name];
}
