import type { Requirement } from './requirement.ts'

const source = 'Guide: agents'

/** What holds for servers on machines that dial in. */
export const agents = [
  {
    id: 'agents:offer:whole-way',
    text: 'A server on another machine is listed and called like any other, and one that is called the same as a local one stays apart',
    source,
  },
  {
    id: 'agents:enrol:once',
    text: 'A token lets one agent in, once and for its time; what is kept of it is a digest',
    source,
  },
  {
    id: 'agents:enrol:servers',
    text: 'An agent that is enrolled for certain servers brings in no others',
    source,
  },
  {
    id: 'agents:identity:V15',
    text: 'An agent is its key: another id, a signature for another challenge or another gateway gets nobody in',
    source,
  },
  {
    id: 'agents:upgrade:V10',
    text: 'A web page, and whoever shows nothing or something wrong, gets no WebSocket',
    source,
  },
  {
    id: 'agents:upgrade:V14',
    text: 'Who does not say who they are in time is put out, and only so many may be about to',
    source,
  },
  {
    id: 'agents:lost:F61',
    text: 'When an agent leaves, its calls fail as unknown at once; when its connection is lost, after the time it has to come back and within half a minute',
    source,
  },
  {
    id: 'agents:resume:no-replay',
    text: 'An agent that comes back in time goes on where it was: no call is lost and none runs twice',
    source,
  },
  {
    id: 'agents:redial:jitter',
    text: 'An agent that dials again waits longer each time, within a bound, and never as long as all others',
    source,
  },
  {
    id: 'agents:epoch:F62',
    text: 'The newest connection of an agent counts; what comes late of an older one changes nothing',
    source,
  },
  {
    id: 'agents:names:F63',
    text: 'Two agents of one name live side by side under names of their own, and the common name alone reaches neither',
    source,
  },
  {
    id: 'agents:flapping:F64',
    text: 'A key that is used in two places at once puts both out for a while, and the log says so',
    source,
  },
  {
    id: 'agents:misbehaviour:F65',
    text: 'An agent that answers what it was never asked, floods, or sends what is too large harms only itself',
    source,
  },
  {
    id: 'agents:pins:F66',
    text: 'A tool of an agent that is not what it was when it was let in is not called until somebody approves it',
    source,
  },
  {
    id: 'agents:storm:F67',
    text: 'Many agents that come back at once after a restart of the gateway are all back, and need no more memory than they do at rest',
    source,
  },
  {
    id: 'agents:idle:L06',
    text: 'What an idle agent costs is bounded: what many of them say in the same words is kept once',
    source,
  },
  {
    id: 'agents:storm:L07',
    text: 'Every agent of a storm shows who it is, and those that are told to come back later do',
    source,
  },
  {
    id: 'agents:simple:system-a',
    text: 'Where it is switched on, an agent that speaks plain MCP in text messages is taken in with a bearer key',
    source,
  },
  {
    id: 'agents:laptop:allowed',
    text: 'The machine that dials in decides what is offered, and where it is told to, its owner decides on each call',
    source,
  },
  {
    id: 'agents:fuzz',
    text: 'Nothing that is sent to the hub, before or after the handshake, makes it fail',
    source,
  },
] as const satisfies readonly Requirement[]
