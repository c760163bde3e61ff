import { createHash } from 'node:crypto';
import type { Response } from 'express';

/** Text that is safe to stand in HTML, as text or in a quoted attribute. */
export interface Html {
  readonly html: string;
}

/** Writes HTML: what is put in is escaped, unless it is HTML itself. */
export function html(parts: TemplateStringsArray, ...values: readonly (string | Html | readonly Html[])[]): Html {
  const put = (value: string | Html | readonly Html[]): string =>
    typeof value === 'string' ? escapeText(value) : 'html' in value ? value.html : value.map(put).join('');
  return { html: parts.map((part, index) => part + (index < values.length ? put(values[index] ?? '') : '')).join('') };
}

const style =
  'body{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:12vh auto;padding:0 1.5rem;color:#1a1a1a;background:#fff}' +
  'h1{font-size:1.6rem}ul{list-style:none;padding:0}a,button{font:inherit}' +
  '.choice,button{display:block;width:100%;box-sizing:border-box;padding:.75rem 1rem;margin:.75rem 0;border:2px solid #1b4b8f;border-radius:.4rem;' +
  'background:#1b4b8f;color:#fff;text-align:center;text-decoration:none;cursor:pointer}' +
  ':focus-visible{outline:3px solid #d97706;outline-offset:2px}dt{font-weight:600}dd{margin:0 0 .6rem}small{color:#444}' +
  '@media(prefers-color-scheme:dark){body{color:#eee;background:#111}small{color:#bbb}.choice,button{background:#2f6fc4;border-color:#2f6fc4}}';

/** The Content-Security-Policy source of the pages' one style sheet; nothing else may style them, and no script may run. */
export const styleSource = `'sha256-${createHash('sha256').update(style).digest('base64')}'`;

export interface Page {
  readonly status?: number;
  readonly title: string;
  readonly body: Html;
}

/** Sends a page. */
export function sendPage(res: Response, { status = 200, title, body }: Page): void {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${{ html: style }}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${body}
</main>
</body>
</html>
`;
  res.status(status).type('html').send(page.html);
}

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
