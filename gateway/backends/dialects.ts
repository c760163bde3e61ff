import { anthropic } from './anthropic.ts';
import type { Dialects } from './dialect.ts';
import { openai } from './openai.ts';

/** Every dialect that the gateway speaks. */
export const dialects: Dialects = { openai, anthropic };
