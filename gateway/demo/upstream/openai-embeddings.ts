import type { Call, Reply } from './call.ts';
import { readLimit } from './call.ts';
import { countTokens } from './words.ts';

const mostDimensions = 4096;

/** `POST /embeddings`: short vectors that depend on the text and on nothing else, as numbers or as base64 of little-endian 32-bit floats. */
export function answerEmbeddings(call: Call): Reply {
  const { body, model } = call;
  const inputs: readonly unknown[] = Array.isArray(body['input']) ? body['input'] : [body['input']];
  const dimensions = Math.min(readLimit(call, 'dimensions') ?? 8, mostDimensions);
  const data = inputs.map((input, index) => {
    const vector = embed(JSON.stringify(input) ?? '', dimensions);
    return { object: 'embedding', index, embedding: body['encoding_format'] === 'base64' ? toBase64(vector) : [...vector] };
  });
  const tokens = countTokens(body['input']);
  return { status: 200, json: JSON.stringify({ object: 'list', data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } }) };
}

function embed(text: string, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions);
  for (let index = 0; index < text.length; index += 1) {
    const at = index % dimensions;
    vector[at] = (((vector[at] ?? 0) * 31 + text.charCodeAt(index)) % 1000) / 1000;
  }
  return vector;
}

function toBase64(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4);
  return bytes.toString('base64');
}
