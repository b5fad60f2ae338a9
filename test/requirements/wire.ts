import type { Requirement } from './requirement.ts'

export const wire = [
  {
    id: 'wire:scan:agrees-with-json',
    text: 'The scanner accepts and refuses the same texts as JSON.parse, apart from its stated limits',
    source: 'RFC 8259',
  },
  {
    id: 'wire:scan:limits',
    text: 'Depth, token count and string size are bounded before anything is parsed',
    source: 'Configuration: limits',
  },
  {
    id: 'wire:scan:duplicate-keys',
    text: 'A repeated or escaped member of the envelope is refused',
    source: 'RFC 8259 section 4',
  },
  {
    id: 'wire:splice:exact',
    text: 'Replacing id, name, progress token and _meta leaves every other byte as it was',
    source: 'ARCHITECTURE: the payload is carried',
  },
  {
    id: 'wire:stdio:huge-line',
    text: 'A 100 MB line arrives whole, and at a cost that grows with its size only',
    source: 'MCP 2026-07-28 basic/transports: stdio',
  },
  {
    id: 'wire:stdio:split-character',
    text: 'A character split between two chunks arrives whole',
    source: 'MCP 2026-07-28 basic/transports: stdio',
  },
  {
    id: 'wire:sse:bounded',
    text: 'A line or event larger than the limit ends the stream with its own error',
    source: 'WHATWG HTML: server-sent events',
  },
  {
    id: 'wire:http:strict-framing',
    text: 'The relay client refuses replies with two lengths, bad chunking, early data or an overlong head',
    source: 'RFC 9112 sections 6 and 7',
  },
  {
    id: 'wire:fidelity:numbers',
    text: '9007199254740993 and 1e400 in arguments come out byte-equal',
    source: 'ARCHITECTURE: the payload is carried',
  },
  {
    id: 'wire:fidelity:unknown-members',
    text: 'Unknown content blocks and vendor fields come out byte-equal',
    source: 'ARCHITECTURE: the payload is carried',
  },
] as const satisfies readonly Requirement[]
