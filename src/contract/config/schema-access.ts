import { z } from 'zod'

import { milliseconds, notAnObject, plainText, trueOrFalse } from './values.ts'

const longestPattern = 200
const patternError = `write a pattern of 1 to ${longestPattern} characters; "*" stands for any`

const Patterns = z
  .array(plainText().min(1, { error: patternError }).max(longestPattern, { error: patternError }), {
    error: 'write a list of patterns in square brackets',
  })
  .readonly()

const serverPatterns = 'Servers by name; `*` stands for any characters.'
const toolPatterns =
  'Tools by their own names, as `TOOL` or `SERVER/TOOL`; `*` stands for any characters.'

const Hints = z
  .strictObject(
    {
      readOnlyHint: trueOrFalse().exactOptional(),
      destructiveHint: trueOrFalse().exactOptional(),
      idempotentHint: trueOrFalse().exactOptional(),
      openWorldHint: trueOrFalse().exactOptional(),
    },
    notAnObject,
  )
  .readonly()

const longestArgument = 1000
const Argument = z.union(
  [
    plainText().max(longestArgument, { error: `write at most ${longestArgument} characters` }),
    z.number(),
    z.boolean(),
  ],
  { error: 'write a text in which "*" stands for any characters, a number, true or false' },
)

const Arguments = z
  .record(
    z.string().min(1).max(longestPattern),
    z.union([Argument, z.array(Argument).readonly()]),
    {
      error: 'write an object of arguments by name',
    },
  )
  .readonly()

export const Rule = z
  .strictObject(
    {
      effect: z
        .enum(['allow', 'ask', 'deny'], { error: 'write "allow", "ask" or "deny"' })
        .describe(
          '"deny": it is as if it did not exist. "ask": each call needs approval. "allow": no further rule is looked at.',
        ),
      servers: Patterns.exactOptional().describe(serverPatterns),
      tools: Patterns.exactOptional().describe(
        `${toolPatterns} Without \`tools\` and \`annotations\` a rule is for prompts and resources, too.`,
      ),
      annotations: Hints.exactOptional().describe(
        'What the tool says of itself; believed only of servers with `trustAnnotations`.',
      ),
      arguments: Arguments.exactOptional().describe(
        'Top-level arguments of the call by name, each with what it must be, or a list of such; in a text `*` stands for any characters, and `*` alone for whatever is there. All of them must fit. Of an argument that is a list, "allow" wants every item to fit and the others any; "allow" never fits a text with `..` as a part of a path. Such a rule decides calls and hides nothing.',
      ),
      principals: Patterns.exactOptional().describe(
        'Who calls: names of keys, or `local` for whoever needs none.',
      ),
    },
    notAnObject,
  )
  .readonly()
export type RuleConfig = z.output<typeof Rule>

const Approvals = z.strictObject(
  {
    waitMs: milliseconds(1000)
      .default(300_000)
      .describe(
        'How long a call waits for somebody to decide, and how long what was decided ahead of one call holds. Then it is refused.',
      ),
    askClients: trueOrFalse()
      .default(true)
      .describe(
        'Whether MCP clients that can show a form ask their person. With false only `gantry approvals` and REST decide.',
      ),
  },
  notAnObject,
)

export const AccessSettings = z.strictObject(
  {
    approvals: Approvals.prefault({}).describe('How calls that need approval wait for it.'),
    loopback: z
      .enum(['open', 'key'], { error: 'write "open" or "key"' })
      .exactOptional()
      .describe(
        'Whether programs on this machine may do everything without a key; left out, they may unless `keys` is "required".',
      ),
    keys: z
      .enum(['optional', 'required'], { error: 'write "optional" or "required"' })
      .default('optional')
      .describe(
        'Whether everybody needs a key. An address that other machines reach is listened on only when it is "required".',
      ),
    rules: z
      .array(Rule, { error: 'write a list of rules in square brackets' })
      .readonly()
      .default([])
      .describe('What becomes of which call; the first rule that fits decides, and none allows.'),
  },
  notAnObject,
)

const profileName = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/
const reservedNames = new Set(['__proto__', 'constructor', 'prototype'])

export const ProfileName = z
  .string()
  .regex(profileName, {
    error: 'use 1 to 64 letters, digits, "_", "." or "-", beginning with a letter or a digit',
  })
  .refine((name) => !reservedNames.has(name), {
    error: 'choose another name, this one is reserved',
  })

export const Profile = z
  .strictObject(
    {
      servers: Patterns.exactOptional().describe(serverPatterns),
      tools: Patterns.exactOptional().describe(
        `${toolPatterns} Without \`servers\` no prompts and resources are shown beside them.`,
      ),
      readOnly: trueOrFalse()
        .default(false)
        .describe(
          'Only tools that change nothing, by the word of servers with `trustAnnotations`.',
        ),
      naming: z
        .enum(['auto', 'prefix'], { error: 'write "auto" or "prefix"' })
        .exactOptional()
        .describe('As `naming` above, for this profile.'),
    },
    notAnObject,
  )
  .readonly()
export type ProfileConfig = z.output<typeof Profile>

export const Profiles = z
  .record(ProfileName, Profile, { error: 'write an object of profiles by name' })
  .readonly()
