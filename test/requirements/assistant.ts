import type { Requirement } from './requirement.ts'

export const assistant = [
  {
    id: 'assistant:wire:split',
    text: "A provider's stream is read the same wherever it is cut, byte by byte too",
    source: 'Talk to it: providers',
  },
  {
    id: 'assistant:wire:calls',
    text: 'Calls of tools are put together from pieces that come in any order, with ids and indexes as providers really give them',
    source: 'Talk to it: providers',
  },
  {
    id: 'assistant:wire:end',
    text: 'A stream that breaks off, ends early or tells of an error is never a finished answer; what was said so far is kept',
    source: 'Talk to it: providers',
  },
  {
    id: 'assistant:wire:refused',
    text: 'What a provider refuses is told with its reason; only what may be of use is tried again, a bounded number of times, and never after the first piece',
    source: 'Talk to it: providers',
  },
  {
    id: 'assistant:wire:bounded',
    text: 'A turn without end is ended',
    source: 'Talk to it: providers',
  },
  {
    id: 'assistant:wire:translated',
    text: 'Messages, tools and answers mean the same to providers of every kind, and what only one of them understands comes back to it',
    source: 'Talk to it: providers',
  },
  {
    id: 'assistant:models',
    text: 'A model is found by provider and name, from the configuration or the environment, and a missing key says what to do',
    source: 'Talk to it: providers',
  },
  {
    id: 'assistant:loop:parallel',
    text: 'Calls of one turn run beside each other, so many at once, and are answered in the order in which they were made',
    source: 'Talk to it: the loop',
  },
  {
    id: 'assistant:loop:mistakes',
    text: 'A call with arguments that are no JSON or do not fit, or of a tool that is not there, is answered to the model with what is wrong',
    source: 'Talk to it: the loop',
  },
  {
    id: 'assistant:loop:cancel',
    text: 'Whenever somebody leaves, each call of a tool in the messages has exactly one answer, and nothing goes on',
    source: 'Talk to it: the loop',
  },
  {
    id: 'assistant:loop:budgets:V58',
    text: 'Rounds, calls, tokens and time are bounded; where one is used up, the model answers with what it has and calls nothing more',
    source: 'Attack V58: spend and loops',
  },
  {
    id: 'assistant:loop:callers-tools',
    text: "Tools of the caller and of the gateway go together: ours are run, the caller's are handed back, and the conversation goes on with both",
    source: 'Talk to it: the loop',
  },
  {
    id: 'assistant:loop:approval',
    text: 'Calls that wait for approval are a state that can be gone on from, and the wait may also be held',
    source: 'Talk to it: the loop',
  },
  {
    id: 'assistant:loop:too-many-tools',
    text: 'More tools than a provider takes are an error that says how to choose, before anything is asked',
    source: 'Talk to it: the loop',
  },
  {
    id: 'assistant:result:framed:V37',
    text: 'A result reaches the model as data with its origin, between marks that it cannot imitate, bounded, with everything that is not text named',
    source: 'Attack V37: injection by results',
  },
  {
    id: 'assistant:taint:V37',
    text: 'After a result from outside a call that could do harm is asked about with its real arguments, whatever the mode; what was refused is not asked again',
    source: 'Attack V37: injection by results',
  },
  {
    id: 'assistant:egress',
    text: 'Providers are reached through the guarded client: nothing private that is not named, no redirect, no proxy of their libraries',
    source: 'Attack 01: requests to private addresses',
  },
  {
    id: 'assistant:lazy',
    text: 'The libraries of providers are loaded when a model is first asked',
    source: 'Talk to it: providers',
  },
] as const satisfies readonly Requirement[]
