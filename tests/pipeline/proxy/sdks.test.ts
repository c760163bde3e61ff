import { after, before, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { start, type Upstream } from '../../../gateway/demo/upstream/upstream.ts';
import { exerciseAnthropic, exerciseOpenai } from '../../demo/upstream/exercises.ts';
import { credential, type Stage, startStage } from './stage.ts';

let upstream: Upstream;
let stage: Stage;
before(async () => {
  upstream = await start({ credential });
  stage = await startStage({ origin: upstream.url });
});
after(async () => {
  await stage.close();
  await upstream.close();
});

test('the official OpenAI SDK works through the proxy', async (t) => {
  await exerciseOpenai(t, new OpenAI({ apiKey: 'a-gateway-token', baseURL: `${stage.url}/v1`, maxRetries: 0 }), 'demo-large');
});

test('the official Anthropic SDK works through the proxy', async (t) => {
  await exerciseAnthropic(t, new Anthropic({ apiKey: 'a-gateway-token', baseURL: stage.url, maxRetries: 0 }), 'demo-large');
});
