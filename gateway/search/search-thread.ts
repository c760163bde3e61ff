import { parentPort, workerData } from 'node:worker_threads';
import { localFileSystem } from '../ledger/file-system.ts';
import { followLog } from './follow-log.ts';
import { discardIndex, openLogIndex } from './log-index.ts';
import { readFound } from './read-found.ts';
import type { Question, Reply } from './search.ts';

/* The thread of the search: it keeps the index, brings it up to the log before every answer, and answers one question after the other. */

const { directory, index: path } = workerData as { readonly directory: string; readonly index: string };
let index = openLogIndex(path);
const files = localFileSystem;
let turn: Promise<unknown> = Promise.resolve();

async function answer(question: Question): Promise<unknown> {
  await followLog({ index, directory, files });
  switch (question.what) {
    case 'search':
      return index.search(question.query, question.limit, question.cursor);
    case 'count':
      return index.count(question.by, question.query, question.limit);
    case 'read':
      return readFound(files, directory, index.search(question.query, question.limit).hits);
  }
}

/** SQLITE_CORRUPT and SQLITE_NOTADB: the file is damaged where nobody has looked before. What it held stands in the log. */
const damaged: ReadonlySet<unknown> = new Set([11, 26]);

async function answerAnew(question: Question): Promise<unknown> {
  try {
    return await answer(question);
  } catch (error) {
    if (!(error instanceof Error && 'errcode' in error && damaged.has(error.errcode))) throw error;
    index.close();
    discardIndex(path);
    index = openLogIndex(path);
    return answer(question);
  }
}

parentPort?.on('message', (question: Question & { readonly number: number }) => {
  const { number } = question;
  turn = turn.then(async () => {
    let reply: Reply;
    try {
      reply = { number, given: await answerAnew(question) };
    } catch (error) {
      reply = {
        number,
        failed: error instanceof Error ? `the decision log cannot be searched: ${error.message}` : 'the decision log cannot be searched',
      };
    }
    parentPort?.postMessage(reply);
  });
});
