import { z } from 'zod'

import {
  chosenSecret,
  milliseconds,
  notAnObject,
  plainText,
  textList,
  trueOrFalse,
  wholeNumber,
} from './values.ts'

/** Remote agents that dial in with servers of their own. */
export const Agents = z.strictObject(
  {
    enabled: trueOrFalse()
      .default(true)
      .describe('Whether enrolled agents may dial in at `/agents`.'),
    names: z
      .record(
        z.string(),
        plainText().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/, {
          error: 'use 1 to 32 letters, digits, "_" or "-", beginning with a letter or a digit',
        }),
        { error: 'write an object of names by agent id' },
      )
      .readonly()
      .default({})
      .describe('Under which name the servers of an agent are shown, by the id of the agent.'),
    limit: wholeNumber(1, 1_000_000, 'agents')
      .default(1000)
      .describe('How many agents may be connected at once; more are refused.'),
    handshakes: wholeNumber(1, 100_000, 'connections')
      .default(256)
      .describe('How many connections may be about to say who they are; more are refused.'),
    handshakesPerAddress: wholeNumber(1, 100_000, 'connections')
      .default(16)
      .describe('How many of these may come from one address.'),
    serversPerAgent: wholeNumber(1, 10_000, 'servers')
      .default(32)
      .describe('How many servers one agent may offer.'),
    toolsPerServer: wholeNumber(1, 100_000, 'tools')
      .default(512)
      .describe('How many tools one server of an agent may offer; a longer list is refused.'),
    callsPerAgent: wholeNumber(1, 100_000, 'calls')
      .default(128)
      .describe('How many calls one agent works on at once; more are refused.'),
    framesPerSecond: wholeNumber(10, 1_000_000, 'messages')
      .default(2000)
      .describe('How many messages a second of one agent are read; the rest waits.'),
    resumeMs: milliseconds()
      .default(10_000)
      .describe('How long calls wait for an agent that lost its connection to come back.'),
    pin: z
      .enum(['off', 'changed', 'strict'], { error: 'write "off", "changed" or "strict"' })
      .default('changed')
      .describe(
        '"changed": a tool of an agent that is not what it was when it was first seen is not called until `gantry agents approve`. "strict": new tools neither. "off": anything goes.',
      ),
    simple: trueOrFalse()
      .default(false)
      .describe(
        'Whether agents without enrolment may dial in at `/agents/{client_id}` with `simpleKey`.',
      ),
    simpleKey: chosenSecret()
      .exactOptional()
      .describe('The bearer key of such agents. Without it none is let in.'),
  },
  notAnObject,
)

/** What `gantry agent` offers from this machine. */
export const Agent = z.strictObject(
  {
    to: plainText().exactOptional().describe('The address of the gateway it dials.'),
    name: plainText()
      .min(1, { error: 'write a name' })
      .max(64, { error: 'write at most 64 characters' })
      .exactOptional()
      .describe('What it calls itself there; left out, the name of the machine.'),
    servers: textList()
      .exactOptional()
      .describe('Which servers of this file it offers; left out, all that are enabled.'),
    allow: textList()
      .default(['*'])
      .describe(
        'What of them the gateway may see and call: `SERVER` for all of it, `SERVER/TOOL` for tools only; `*` stands for any characters.',
      ),
    ask: trueOrFalse()
      .default(false)
      .describe('Whether each call is asked for at the terminal where the agent runs.'),
  },
  notAnObject,
)
