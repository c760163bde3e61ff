import { z } from 'zod';

/** The administrative listener, as people write it. */
export const admin = z.strictObject({
  host: z
    .string()
    .regex(/^[0-9A-Za-z.:-]+$/, 'expected an address or a host name')
    .default('127.0.0.1')
    .describe('Address to listen on.'),
  port: z.int().min(0).max(65_535).default(9444).describe('0 takes a free one.'),
});
