import { afterEach, beforeEach, expect, test } from 'vitest';
import { FocusKeeper } from './focus';

let stop = () => {};
let keeper: FocusKeeper;

beforeEach(() => {
  document.body.innerHTML = `
    <main>
      <button data-home id="home">Home</button>
      <section tabindex="-1" data-focus-home id="part"><button id="inner">Inner</button></section>
      <button id="other">Other</button>
    </main>`;
  keeper = new FocusKeeper();
  stop = keeper.start();
});

afterEach(() => {
  stop();
  document.body.innerHTML = '';
});

const element = (id: string) => document.getElementById(id) as HTMLElement;
const settled = () => new Promise((done) => setTimeout(done, 0));

test('what vanished hands the focus to the part around it', async () => {
  element('inner').focus();
  element('inner').remove();
  await settled();
  expect(document.activeElement?.id).toBe('part');
});

test('with its part gone too, the view’s beginning has it', async () => {
  element('inner').focus();
  element('part').remove();
  await settled();
  expect(document.activeElement?.id).toBe('home');
});

test('a beginning that comes later is waited for', async () => {
  element('other').focus();
  element('home').remove();
  element('other').remove();
  await settled();
  expect(document.activeElement).toBe(document.body);
  const late = document.createElement('button');
  late.dataset.home = '';
  document.body.append(late);
  await settled();
  expect(document.activeElement).toBe(late);
});

test('a click beside everything is left alone', async () => {
  element('other').focus();
  element('other').blur();
  element('part').remove();
  await settled();
  expect(document.activeElement).toBe(document.body);
});

test('under a dialog nothing is taken', async () => {
  element('other').focus();
  const dialog = document.createElement('div');
  dialog.setAttribute('role', 'dialog');
  document.body.append(dialog);
  element('other').remove();
  await settled();
  expect(document.activeElement).toBe(document.body);
  dialog.remove();
  await settled();
  expect(document.activeElement?.id).toBe('home');
});

test('one can be sent home', async () => {
  element('other').focus();
  keeper.goHome();
  await settled();
  expect(document.activeElement?.id).toBe('home');
});

test('one that is home already is let go', async () => {
  element('home').focus();
  keeper.goHome();
  await settled();
  element('home').blur();
  element('part').remove();
  await settled();
  expect(document.activeElement).toBe(document.body);
});
