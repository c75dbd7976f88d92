// @ts-check
/**
 * Leadwire's live stream for browsers, and for every JavaScript runtime that has the web's `WebSocket`.
 *
 * ```js
 * import { LeadwireClient } from "./leadwire.js";
 *
 * const client = new LeadwireClient({ url: "/api/v1/ml/ws/live-scores", events: ["lead_scored"] });
 * for await (const item of client) {
 *     if (item.type === "event") show(item.data);
 *     else await readEverythingAgain(); // gap, reset, not_recovered, denied: something will not come
 * }
 * ```
 *
 * The loop is the whole interface to the stream: events in the log's order, each once, and between them, at their
 * place, whatever could not be delivered. Lost connections are resumed behind it. It ends when you leave it or call
 * `close()`, and throws a {@link LeadwireError} when coming back would be pointless.
 *
 * @module leadwire
 */

// What goes over the wire ------------------------------------------------------------------------------------------

/**
 * A place in the log: everything of `epoch` up to and including `offset`.
 * @typedef {{epoch: string, offset: number}} Position
 */

/**
 * @typedef {"score_changed" | "lead_escalated" | "analysis_completed" | "model_status" | "bot_status"
 *     | "outcome_recorded" | "performance_alert" | "system_health" | "user_activity" | "custom"} OtherEventName
 * @typedef {"lead_scored" | "batch_processing" | OtherEventName} EventName
 */

/**
 * The data of `lead_scored`. Probabilities are 0...1, `ml_score` is a rank of 0...100, money is in the agency's
 * currency, times are RFC 3339 UTC. Fields may be added.
 * @typedef {Object} ScoreData
 * @property {string} lead_id
 * @property {string | null} lead_name
 * @property {string | null} source where the lead came from
 * @property {boolean} needs_review
 * @property {string} request_id
 * @property {number | null} ml_score null only where a second opinion stands alone
 * @property {number} conversion_probability calibrated
 * @property {[number, number]} probability_interval 90%
 * @property {number} ml_confidence how sure hot-or-not is; not a probability of conversion
 * @property {"high" | "medium" | "low" | "uncertain"} confidence_level
 * @property {"hot" | "warm" | "cold" | "unqualified"} classification
 * @property {number | null} estimated_commission
 * @property {number | null} expected_commission
 * @property {number | null} expected_close_days
 * @property {"ml_only" | "ml_claude_hybrid" | "claude_only" | "cache"} score_source
 * @property {string} analysis_summary
 * @property {string[]} key_insights
 * @property {string[]} recommendations
 * @property {number} base_value log-odds
 * @property {number} margin log-odds before calibration
 * @property {{from: number, delta: number, because: string[]} | null} change since the lead's last score
 * @property {{name: string, version: string, sha256: string, prior_weight: number}} model
 * @property {number} processing_time_ms
 * @property {number} ml_inference_time_ms
 * @property {number | null} claude_analysis_time_ms
 * @property {DataSupport} data_support
 * @property {boolean} cache_hit
 * @property {string} scored_at
 * @property {string} expires_at
 * @property {string[]} warnings
 */

/**
 * How well the model knows leads like this one.
 * @typedef {Object} DataSupport
 * @property {number} missing_features
 * @property {string[]} out_of_range
 * @property {string[]} unseen_categories
 * @property {string | null} largest_reason
 */

/**
 * @typedef {Object} BatchData
 * @property {string} batch_id
 * @property {number} done
 * @property {number} total
 * @property {number} failed
 * @property {"started" | "progress" | "finished"} state
 */

/**
 * A condition on the top-level fields of an event's `data`: at most depth 4, 16 nodes, 100 values.
 * @typedef {string | number | boolean} Scalar
 * @typedef {{and: Filter[]} | {or: Filter[]} | {not: Filter} | {eq: [string, Scalar]} | {in: [string, Scalar[]]}
 *     | {gt: [string, string | number]} | {gte: [string, string | number]}
 *     | {lt: [string, string | number]} | {lte: [string, string | number]}} Filter
 */

// What the loop yields ---------------------------------------------------------------------------------------------

/**
 * `type` is set by this module, the rest is as the server sent it. `id` is unique to the event.
 * @typedef {{type: "event", timestamp: string, id: string, offset: number, epoch: string}
 *     & ({event_type: "lead_scored", data: ScoreData} | {event_type: "batch_processing", data: BatchData}
 *     | {event_type: OtherEventName, data: Record<string, unknown>})} StreamEvent
 */

/**
 * Events of these names from `from` to `to` will not come. `conflated`: only older states of a thing were left out.
 * @typedef {Object} Gap
 * @property {"gap"} type
 * @property {EventName[]} event_types
 * @property {number} from
 * @property {number} to
 * @property {string} epoch
 * @property {"evicted" | "history_unavailable" | "too_old" | "conflated"} reason
 */

/**
 * The log is another one, or begins anew: what comes is after `offset` of `epoch`, what was before is unknown.
 * @typedef {{type: "reset", epoch: string, offset: number, reason: string}} Reset
 */

/**
 * A resume did not find everything it asked for; a `gap` or `reset` with the details follows.
 * @typedef {{type: "not_recovered", since: Position, epoch: string, offset: number, events: string[]}} NotRecovered
 */

/**
 * Names that were asked for and will not be sent: misspelt, or not for this role.
 * @typedef {{type: "denied", denied: Denial[]}} Denied
 * @typedef {{event: string, reason: "role" | "unknown_event"}} Denial
 */

/** @typedef {StreamEvent | Gap | Reset | NotRecovered | Denied} StreamItem */

// What the client takes and answers --------------------------------------------------------------------------------

/**
 * @typedef {Object} Options
 * @property {string | URL} url of the stream; relative to the page, `http` and `ws` mean the same
 * @property {string | TokenProvider} [token] none in local mode
 * @property {Array<EventName | "*">} [events] what to subscribe to; default none, see `subscribe()`
 * @property {Filter | null} [filter] for `events`
 * @property {Position | null} [since] where an earlier page stopped: what was missed comes first. Default: from now on
 * @property {(position: Position) => void} [onPosition] keep it for the next page's `since`. Called when the loop asks
 *     for the next item, so everything up to here was dealt with; also when a subscription begins and at heartbeats
 * @property {(state: State) => void} [onState] for a light that says "live"
 * @property {{minMs?: number, maxMs?: number}} [backoff] default 500 and 30 000
 * @property {number} [heartbeatMs] the server's; default 25 000. After 1.5 of silence the client asks, after 2.5 it
 *     reconnects
 * @property {number} [handshakeMs] for a socket to open; default 10 000
 * @property {number} [commandMs] for a reply; default 10 000
 * @property {number} [queueLimit] items that wait for the loop; default 1 000. When it is full the connection is
 *     closed; when it is half empty the stream is resumed where the queue ends. Nothing is dropped
 * @property {() => number} [random] 0 <= x < 1; default `Math.random`
 * @property {WebSocketConstructor} [WebSocket] default `globalThis.WebSocket`
 */

/**
 * Asked before each connection and when a token is about to expire. A rejection is a failed attempt, tried again
 * after the back-off; with `retryable === false` on the error it ends the stream.
 * @typedef {(why: "connect" | "refresh") => string | Promise<string>} TokenProvider
 */

/** @typedef {new (url: string, protocols?: string[]) => WebSocket} WebSocketConstructor */

/**
 * - `idle` nothing was asked yet · `connecting` · `live` the subscriptions stand
 * - `waiting` for `delayMs` before attempt number `attempt`; `cause` says why
 * - `paused` the queue is full · `closed` for good; `cause` is null after `close()`
 * @typedef {Object} State
 * @property {"idle" | "connecting" | "live" | "waiting" | "paused" | "closed"} name
 * @property {number} attempt failed attempts since the last connection that lasted
 * @property {number} delayMs
 * @property {Cause | null} cause
 */

/**
 * `code` is the WebSocket's close code (1006: none came), or 0 when no socket was closed.
 * @typedef {{code: number, reason: string}} Cause
 */

/**
 * @typedef {Object} SubscriptionReply
 * @property {EventName[]} subscriptions everything this connection is subscribed to now
 * @property {Denial[]} denied
 * @property {string} connection_id
 * @property {string} epoch
 * @property {number} offset the newest of the log
 * @property {boolean} recovered
 * @property {number} replaying at most so many events follow from the past
 */

/**
 * @typedef {Object} Status
 * @property {string} connection_id
 * @property {string} user
 * @property {string} role
 * @property {string} tenant
 * @property {EventName[]} subscriptions
 * @property {string} epoch
 * @property {number} offset the newest of the log
 * @property {number} cursor what was written to this connection
 * @property {number} age_seconds
 * @property {number} messages_sent
 * @property {number} messages_received
 * @property {string} timestamp
 */

/** @typedef {Record<string, any>} Message a JSON object of the wire, not yet looked at */

/** The name of the stream's protocol, offered with the token. */
export const PROTOCOL = "leadwire.v1";

/**
 * Why a command or the stream failed. `code` is the server's word (`invalid_filter`, …), or this module's:
 * `closed` (a close code or `close()` ended the stream; see `closeCode`), `disconnected`, `not_connected`, `timeout`,
 * `invalid_token`. The text never holds a token or lead data.
 */
export class LeadwireError extends Error {
    /**
     * @param {string} code
     * @param {string} message
     * @param {{retryable?: boolean, closeCode?: number, cause?: unknown}} [more]
     */
    constructor(code, message, more = {}) {
        super(message, more.cause === undefined ? undefined : { cause: more.cause });
        this.name = "LeadwireError";
        this.code = code;
        /** Whether the same again may work. */
        this.retryable = more.retryable ?? false;
        this.closeCode = more.closeCode;
    }
}

/**
 * Whether a client should come back after this close code. Ours: 3000-3499 and 4000-4499 yes, 3500-3999 and 4500-4999
 * no. RFC 6455's: yes where the network, a restart or a proxy was the reason (1001, 1005, 1006, 1011-1015); no where
 * the same bytes would fail again (1002, 1003, 1007-1010), nor after 1000, with which a server says that it is done.
 * @param {number} code
 * @returns {boolean}
 */
export function mayReconnect(code) {
    if (code >= 3000) return code % 1000 < 500 && code < 5000;
    return [1001, 1005, 1006, 1011, 1012, 1013, 1014, 1015].includes(code);
}

/**
 * Exponential back-off with full jitter: uniform between 0 and min(maxMs, minMs × 2^attempt), so that clients that
 * were cut off together do not come back together.
 * @param {number} attempt from 0
 * @param {{minMs: number, maxMs: number}} bounds
 * @param {() => number} random
 * @returns {number} milliseconds
 */
export function backoffDelay(attempt, bounds, random) {
    return random() * backoffCeiling(attempt, bounds);
}

/**
 * @param {number} attempt
 * @param {{minMs: number, maxMs: number}} bounds
 */
function backoffCeiling(attempt, { minMs, maxMs }) {
    return Math.min(maxMs, minMs * 2 ** Math.min(attempt, 52));
}

// The queue between the socket and the loop ------------------------------------------------------------------------

/**
 * Items in order, each with the position that holds once it was dealt with. One reader.
 */
class Inbox {
    /** @type {Array<{item: StreamItem, position: Position | null}>} */
    #entries = [];
    /** @type {{item: StreamItem, position: Position | null} | null} given to the reader, who is still at it */
    #inHand = null;
    /**
     * @type {{resolve: (result: IteratorResult<StreamItem, undefined>) => void, reject: (error: Error) => void}
     *     | null}
     */
    #waiter = null;
    #hasEnded = false;
    /** @type {Error | null} thrown once, after the last item */
    #error = null;
    #onDone;

    /** @param {(position: Position) => void} onDone */
    constructor(onDone) {
        this.#onDone = onDone;
    }

    get count() {
        return this.#entries.length;
    }

    /**
     * @param {StreamItem} item
     * @param {Position | null} position
     */
    push(item, position) {
        const entry = { item, position };
        if (this.#waiter) {
            const { resolve } = this.#waiter;
            this.#waiter = null;
            this.#inHand = entry;
            resolve({ value: item, done: false });
        } else {
            this.#entries.push(entry);
        }
    }

    /**
     * A heartbeat: the newest item's position moves on, at once if nobody has to look at it any more.
     * @param {Position} position
     */
    advance(position) {
        const newest = this.#entries[this.#entries.length - 1] ?? this.#inHand;
        if (newest) newest.position = position;
        else this.#onDone(position);
    }

    /** @returns {Promise<IteratorResult<StreamItem, undefined>>} */
    next() {
        if (this.#waiter) return Promise.reject(new Error("one reader at a time: await next() before asking again"));
        const done = this.#inHand;
        this.#inHand = null;
        if (done?.position) this.#onDone(done.position);
        const entry = this.#entries.shift();
        if (entry) {
            this.#inHand = entry;
            return Promise.resolve({ value: entry.item, done: false });
        }
        if (!this.#hasEnded) return new Promise((resolve, reject) => (this.#waiter = { resolve, reject }));
        const error = this.#error;
        this.#error = null;
        return error ? Promise.reject(error) : Promise.resolve({ value: undefined, done: true });
    }

    /**
     * Nothing more comes. With an error the reader gets what waits, then the error; without one it is done at once.
     * @param {Error | null} error
     */
    end(error) {
        if (this.#hasEnded) return;
        this.#hasEnded = true;
        if (!error) this.#entries = [];
        if (this.#waiter) {
            const { resolve, reject } = this.#waiter;
            this.#waiter = null;
            if (error) reject(error);
            else resolve({ value: undefined, done: true });
        } else {
            this.#error = error;
        }
    }
}

// What was asked for and how far it came ---------------------------------------------------------------------------

/**
 * Names that share a filter, and the offset up to which they were received. The server replays subscription by
 * subscription, so between a resume and the heartbeat that ends its replay the groups stand at different places.
 * @typedef {Object} Group
 * @property {Set<string>} names
 * @property {boolean} isEverything asked for as `"*"`
 * @property {Filter | null} filter
 * @property {number} offset
 * @property {Map<string, number>} floors by name: what was had, or not asked for, when the group was made
 * @property {boolean} isStanding confirmed on this connection
 */

/**
 * The subscriptions and the cursor: takes the server's messages, says what of them is new. Knows no socket.
 */
class Subscriptions {
    /** @type {string | null} */
    epoch = null;
    /** @type {Group[]} */
    groups = [];
    /** Of names that nobody asked for: a broadcast to all. */
    #strayOffset = 0;
    /** All groups stand at the same place: an event of one moves all. */
    #isInStep = false;

    /**
     * Everything up to here was received.
     * @returns {Position | null}
     */
    get position() {
        if (this.epoch === null || this.groups.length === 0) return null;
        return { epoch: this.epoch, offset: Math.min(...this.groups.map((group) => group.offset)) };
    }

    /** @returns {string[]} */
    get names() {
        return this.groups.flatMap((group) => [...group.names]);
    }

    /** A new connection: nothing stands yet. */
    begin() {
        this.#isInStep = false;
        for (const group of this.groups) group.isStanding = false;
    }

    /**
     * @param {Group} group
     * @returns {Message} what resumes it
     */
    resume(group) {
        const events = group.isEverything ? ["*"] : [...group.names];
        return this.#subscribe(events, group.filter, { epoch: this.epoch ?? "", offset: group.offset });
    }

    /**
     * @param {Pending} pending
     * @returns {Message}
     */
    request({ type, events, filter, since }) {
        return type === "subscribe" ? this.#subscribe(events, filter, since) : { type, events };
    }

    /**
     * @param {string[]} events
     * @param {Filter | null} filter
     * @param {Position | null} since
     * @returns {Message}
     */
    #subscribe(events, filter, since) {
        return { type: "subscribe", events, ...(filter && { filter }), ...(since && { since }) };
    }

    /**
     * The answer to a `request`: its names leave their old groups. Without `since` the server goes on with what the
     * names that it sent before still lack, and the others begin at the top.
     * @param {Pending} pending
     * @param {Message} reply
     */
    add({ events, filter, since }, reply) {
        const isEverything = events.includes("*");
        /** @type {string[]} */
        const subscriptions = reply.subscriptions;
        const granted = subscriptions.filter((name) => isEverything || events.includes(name));
        const isOfThisLog = since !== null && since.epoch === reply.epoch;
        const start = isOfThisLog ? since.offset : reply.offset;
        const goesOn = since === null && reply.epoch === this.epoch;
        const floors = new Map(granted.map((name) => [name, (goesOn ? this.#through(name) : null) ?? start]));
        this.remove(granted);
        this.epoch = reply.epoch;
        if (granted.length === 0) return;
        const offset = Math.min(...floors.values());
        this.groups.push({ names: new Set(granted), isEverything, filter, offset, floors, isStanding: true });
        if (start !== reply.offset) this.#isInStep = false;
    }

    /**
     * @param {string} name
     * @returns {number | null} nothing of it is new up to here; null: nobody asked for it
     */
    #through(name) {
        const group = this.groups.find((group) => group.names.has(name));
        return group ? Math.max(group.offset, group.floors.get(name) ?? 0) : null;
    }

    /**
     * The answer to a `resume`.
     * @param {Group} group
     * @param {Message} reply
     * @returns {Denial[]} what was lost
     */
    confirm(group, reply) {
        group.isStanding = true;
        if (reply.epoch === this.epoch && reply.offset !== group.offset) this.#isInStep = false;
        return this.keepOnly(reply.subscriptions, group);
    }

    /**
     * A role that changed took names away.
     * @param {string[]} granted
     * @param {Group} [only]
     * @returns {Denial[]}
     */
    keepOnly(granted, only) {
        /** @type {string[]} */
        const lost = (only ? [...only.names] : this.names).filter((name) => !granted.includes(name));
        this.remove(lost);
        // `"*"` may mean more than it did; it stands alone.
        if (only?.isEverything) only.names = new Set(granted);
        return lost.map((event) => ({ event, reason: "role" }));
    }

    /** @param {string[]} names */
    remove(names) {
        for (const group of this.groups) {
            for (const name of names) if (group.names.delete(name)) group.isEverything = false;
        }
        this.groups = this.groups.filter((group) => group.names.size > 0);
    }

    /**
     * @param {Message} event
     * @returns {boolean} whether it is new
     */
    take(event) {
        const group = this.groups.find((group) => group.names.has(event.event_type));
        if (!group) {
            if (event.offset <= this.#strayOffset) return false;
            this.#strayOffset = event.offset;
            return true;
        }
        // A broadcast to all may come before the answer to a resume. To take it would move the group over what the
        // replay still brings; the replay brings it again.
        if (!group.isStanding) return false;
        if (event.offset <= Math.max(group.offset, group.floors.get(event.event_type) ?? 0)) return false;
        for (const each of this.#isInStep ? this.groups : [group]) each.offset = Math.max(each.offset, event.offset);
        return true;
    }

    /**
     * "You have everything up to here": true of what stands.
     * @param {Message} beat
     */
    heartbeat(beat) {
        if (beat.epoch !== this.epoch) return;
        for (const group of this.groups) if (group.isStanding) group.offset = Math.max(group.offset, beat.offset);
        this.#isInStep = this.groups.every((group) => group.isStanding);
    }

    /**
     * Moves the groups that lost all their names' events, so that a resume doesn't ask for them again.
     * @param {Message} gap
     */
    gap(gap) {
        // Of states only the older ones were left out: a newer one of another thing may still come from inside the range.
        if (gap.epoch !== this.epoch || gap.reason === "conflated") return;
        for (const group of this.groups) {
            if ([...group.names].every((name) => gap.event_types.includes(name))) {
                group.offset = Math.max(group.offset, gap.to);
            }
        }
    }

    /** @param {Message} reset */
    reset(reset) {
        // The answer to a `since` of another log: only that request was concerned, and its group stands right already.
        if (reset.epoch === this.epoch && reset.reason === "epoch_changed") return;
        this.epoch = reset.epoch;
        this.#strayOffset = reset.offset;
        for (const group of this.groups) {
            group.offset = reset.offset;
            group.floors.clear();
        }
    }
}

/**
 * A wish that no server has confirmed yet: sent on each connection, in order, until one does.
 * @typedef {Object} Pending
 * @property {"subscribe" | "unsubscribe"} type
 * @property {string[]} events
 * @property {Filter | null} filter
 * @property {Position | null} since
 * @property {((reply: SubscriptionReply) => void) | null} resolve null: the constructor's own, errors end the stream
 * @property {(error: LeadwireError) => void} reject
 */

// One socket -------------------------------------------------------------------------------------------------------

/**
 * One WebSocket from its opening to its loss: numbered commands, the handshake's deadline, signs of life. After
 * `drop()` or `onLost` it says nothing more, whatever the socket does.
 */
class Link {
    #socket;
    #owner;
    #times;
    #nextID = 1;
    /** @type {Map<number, {onReply: (reply: Message) => void, onError: (error: LeadwireError) => void, timer: any}>} */
    #commands = new Map();
    /** @type {any} runtimes differ in what a timer is */
    #timer;
    #heardAt = 0;
    #hasAsked = false;
    #isOver = false;
    isOpen = false;
    openedAt = 0;
    /** The newest error that named no command; most likely why one goes unanswered. */
    lastError = "";

    /**
     * @param {WebSocket} socket
     * @param {{handshakeMs: number, commandMs: number, heartbeatMs: number}} times
     * @param {{onOpen: () => void, onMessage: (message: Message) => void, onLost: (cause: Cause) => void}} owner
     */
    constructor(socket, times, owner) {
        this.#socket = socket;
        this.#times = times;
        this.#owner = owner;
        const late = { code: 0, reason: "the handshake took too long" };
        this.#timer = setTimeout(() => this.#lose(late), times.handshakeMs);
        socket.onopen = () => this.#opened();
        socket.onmessage = (event) => this.#received(event.data);
        socket.onclose = (event) => this.#lose({ code: event.code, reason: event.reason });
        // Browsers tell nothing here that `close` would not; without a listener some runtimes throw.
        socket.onerror = () => {};
    }

    #opened() {
        if (this.#isOver) return;
        this.isOpen = true;
        this.openedAt = this.#heardAt = performance.now();
        clearTimeout(this.#timer);
        this.#listen();
        this.#owner.onOpen();
    }

    /** Asks after 1.5 heartbeats without a message, gives up after 2.5. */
    #listen() {
        const silence = performance.now() - this.#heardAt;
        const limit = (this.#hasAsked ? 2.5 : 1.5) * this.#times.heartbeatMs;
        if (silence < limit) {
            this.#timer = setTimeout(() => this.#listen(), limit - silence + 1);
        } else if (this.#hasAsked) {
            this.#lose({ code: 0, reason: "nothing heard for 2.5 heartbeats" });
        } else {
            this.#hasAsked = true;
            this.#send({ type: "ping" });
            this.#listen();
        }
    }

    /** @param {unknown} data */
    #received(data) {
        if (this.#isOver) return;
        this.#heardAt = performance.now();
        this.#hasAsked = false;
        /** @type {Message | null} */
        let message = null;
        try {
            if (typeof data === "string") message = JSON.parse(data);
        } catch {
            // Falls through: said below, without the text.
        }
        if (message === null || typeof message !== "object" || Array.isArray(message)) {
            this.#lose({ code: 1003, reason: "the server sent something that is not a JSON object" });
            return;
        }
        if (message.id !== undefined && message.event_type === undefined) this.#answer(message);
        else this.#owner.onMessage(message);
    }

    /** @param {Message} message */
    #answer(message) {
        const command = this.#commands.get(message.id);
        if (!command) return; // it came too late
        this.#commands.delete(message.id);
        clearTimeout(command.timer);
        if (message.type !== "error") return command.onReply(message);
        const { code, retryable } = message;
        command.onError(new LeadwireError(String(code), String(message.message), { retryable: retryable === true }));
    }

    /**
     * Sends a command; exactly one of the two is called, while the link lasts in the order of the server's messages.
     * @param {Message} message
     * @param {(reply: Message) => void} onReply
     * @param {(error: LeadwireError) => void} onError
     */
    ask(message, onReply, onError) {
        const id = this.#nextID++;
        const timer = setTimeout(() => {
            this.#commands.delete(id);
            const reason = this.lastError && `; the server's last error was ${this.lastError}`;
            onError(new LeadwireError("timeout", `no reply to ${message.type} in time${reason}`, { retryable: true }));
        }, this.#times.commandMs);
        this.#commands.set(id, { onReply, onError, timer });
        this.#send({ id, ...message });
    }

    /** @param {Message} message */
    #send(message) {
        if (this.#socket.readyState === 1) this.#socket.send(JSON.stringify(message));
    }

    /**
     * Ends it without telling the owner.
     * @param {number} code
     * @param {string} reason
     */
    drop(code, reason) {
        if (this.#isOver) return;
        this.#isOver = true;
        clearTimeout(this.#timer);
        this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
        if (this.#socket.readyState < 2) this.#socket.close(code, reason);
        const commands = [...this.#commands.values()];
        this.#commands.clear();
        for (const { onError, timer } of commands) {
            clearTimeout(timer);
            onError(new LeadwireError("disconnected", "the connection was lost before the reply", { retryable: true }));
        }
    }

    /** @param {Cause} cause */
    #lose(cause) {
        if (this.#isOver) return;
        this.drop(4000, cause.reason.slice(0, 60));
        this.#owner.onLost(cause);
    }
}

// The client -------------------------------------------------------------------------------------------------------

/** A server that asks for more patience than this is not believed. */
const LONGEST_AFTER_MS = 300_000;

/**
 * A subscription that outlives its connections. Nothing happens before `open()`, a command or the loop.
 * @implements {AsyncIterable<StreamItem>}
 */
export class LeadwireClient {
    #url;
    #token;
    #onState;
    #onPosition;
    #backoff;
    #times;
    #queueLimit;
    #random;
    #WebSocket;

    #subscriptions = new Subscriptions();
    /** @type {Pending[]} */
    #pending = [];
    #inbox = new Inbox((position) => this.#done(position));
    /** @type {Link | null} */
    #link = null;
    /** Subscriptions of this connection that are not confirmed yet. */
    #unconfirmed = 0;
    /** Counts connections, so that a token that comes late opens none. */
    #generation = 0;
    /** @type {any} */
    #retryTimer;
    /** @type {number | null} of `going_away` */
    #afterMs = null;
    /** @type {State} */
    #state = { name: "idle", attempt: 0, delayMs: 0, cause: null };
    /** @type {LeadwireError | null} */
    #failure = null;
    /** @type {Position | null} */
    #position;
    #isBeingRead = false;
    /** @type {Array<{resolve: () => void, reject: (error: Error) => void}>} */
    #openers = [];

    /** @param {Options} options */
    constructor(options) {
        const url = new URL(options.url, globalThis.location?.href);
        url.protocol = url.protocol.replace(/^http/, "ws");
        if (!/^wss?:$/.test(url.protocol) || url.hash || url.username) {
            throw new TypeError("`url` is an http, https, ws or wss address without user and fragment");
        }
        this.#url = url.href;
        this.#token = options.token ?? null;
        this.#onState = options.onState;
        this.#onPosition = options.onPosition;
        this.#backoff = { minMs: options.backoff?.minMs ?? 500, maxMs: options.backoff?.maxMs ?? 30_000 };
        this.#times = {
            heartbeatMs: options.heartbeatMs ?? 25_000,
            handshakeMs: options.handshakeMs ?? 10_000,
            commandMs: options.commandMs ?? 10_000,
        };
        this.#queueLimit = options.queueLimit ?? 1_000;
        const positive = { ...this.#backoff, ...this.#times, queueLimit: this.#queueLimit };
        for (const [name, value] of Object.entries(positive)) {
            if (!(Number.isFinite(value) && value > 0)) throw new TypeError(`\`${name}\` is a number above 0`);
        }
        if (this.#backoff.minMs > this.#backoff.maxMs) throw new TypeError("`backoff.minMs` is above `backoff.maxMs`");
        this.#random = options.random ?? Math.random;
        this.#WebSocket = options.WebSocket ?? /** @type {WebSocketConstructor} */ (globalThis.WebSocket);
        if (!this.#WebSocket) throw new TypeError("this runtime has no WebSocket: pass one as `WebSocket`");
        this.#position = options.since ?? null;
        if (options.events?.length) {
            this.#pending.push({
                type: "subscribe", events: [...options.events], filter: options.filter ?? null, since: this.#position,
                resolve: null, reject: (error) => this.#fail(error),
            });
        }
    }

    /** Where the stream stands for the application: everything up to here was asked past. @returns {Position | null} */
    get position() {
        return this.#position;
    }

    /** @returns {State} */
    get state() {
        return this.#state;
    }

    /**
     * Connects, and waits until the stream is live for the first time. Attempts go on until `close()`.
     * @returns {Promise<void>} rejects with the {@link LeadwireError} that ended the stream
     */
    open() {
        this.#start();
        if (this.#state.name === "live") return Promise.resolve();
        if (this.#state.name === "closed") return Promise.reject(this.#failure ?? closedByUs());
        return new Promise((resolve, reject) => this.#openers.push({ resolve, reject }));
    }

    /** Ends the stream: the loop is done, commands under way are rejected, what waits in the queue is dropped. */
    close() {
        this.#end(null, null);
    }

    /** Ends the wait before the next attempt, for instance when the browser says `online`. */
    retryNow() {
        if (this.#state.name === "waiting") this.#connect();
    }

    /**
     * @returns {AsyncIterator<StreamItem, undefined, undefined>} the one reader. Asking for the next item says that
     *     the one before was dealt with; leaving the loop closes the client.
     */
    [Symbol.asyncIterator]() {
        if (this.#isBeingRead) throw new Error("the stream is being read already: one loop a client");
        this.#isBeingRead = true;
        this.#start();
        return {
            next: () => {
                const result = this.#inbox.next();
                if (this.#state.name === "paused" && this.#inbox.count <= this.#queueLimit / 2) this.#connect();
                return result;
            },
            return: () => {
                this.close();
                return Promise.resolve({ value: undefined, done: true });
            },
        };
    }

    // Commands

    /**
     * Adds names, from now on or from `since`. A name that was subscribed before gets the new filter, from the reply
     * on, and without `since` loses nothing that it still lacks. Stands on every later connection, too; while there is
     * none the promise waits for the next.
     * @param {Array<EventName | "*">} events
     * @param {{filter?: Filter | null, since?: Position | null}} [more]
     * @returns {Promise<SubscriptionReply>}
     */
    subscribe(events, more = {}) {
        return this.#wish("subscribe", events, more.filter ?? null, more.since ?? null);
    }

    /**
     * Removes names, here and on every later connection. Until the promise is fulfilled their events may still come.
     * @param {Array<EventName | "*">} events
     * @returns {Promise<EventName[]>} what is still subscribed
     */
    async unsubscribe(events) {
        return (await this.#wish("unsubscribe", events, null, null)).subscriptions;
    }

    /**
     * @param {Pending["type"]} type
     * @param {string[]} events
     * @param {Filter | null} filter
     * @param {Position | null} since
     * @returns {Promise<SubscriptionReply>}
     */
    #wish(type, events, filter, since) {
        return new Promise((resolve, reject) => {
            if (this.#state.name === "closed") return reject(this.#failure ?? closedByUs());
            const pending = { type, events: [...events], filter, since, resolve, reject };
            this.#pending.push(pending);
            this.#start();
            if (this.#link?.isOpen) this.#request(this.#link, pending);
        });
    }

    /** @returns {Promise<number>} the round trip in milliseconds */
    async ping() {
        const start = performance.now();
        await this.#command({ type: "ping" });
        return performance.now() - start;
    }

    /** @returns {Promise<Status>} */
    async status() {
        return /** @type {Status} */ (await this.#command({ type: "get_status" }));
    }

    /**
     * Only a connection that stands can answer.
     * @param {Message} message
     * @returns {Promise<Message>}
     */
    #command(message) {
        return new Promise((resolve, reject) => {
            if (this.#state.name === "closed") return reject(this.#failure ?? closedByUs());
            if (this.#link?.isOpen) return this.#link.ask(message, resolve, reject);
            reject(new LeadwireError("not_connected", "there is no connection now", { retryable: true }));
        });
    }

    // Connecting

    #start() {
        if (this.#state.name === "idle") this.#connect();
    }

    async #connect() {
        clearTimeout(this.#retryTimer);
        const generation = ++this.#generation;
        const isStale = () => generation !== this.#generation;
        this.#setState("connecting", 0, this.#state.cause);
        if (isStale()) return; // `onState` closed it
        /** @type {string | null} */
        let token = null;
        this.#retryTimer = setTimeout(
            () => this.#retry({ code: 0, reason: "the token provider took too long" }), this.#times.handshakeMs);
        try {
            token = typeof this.#token === "function" ? await this.#token("connect") : this.#token;
        } catch (error) {
            if (isStale()) return;
            const { retryable } = /** @type {{retryable?: boolean}} */ (error ?? {});
            if (retryable !== false) return this.#retry({ code: 0, reason: "the token provider failed" });
            return this.#fail(new LeadwireError("invalid_token", "the token provider gave up", { cause: error }));
        }
        if (isStale()) return;
        clearTimeout(this.#retryTimer);
        if (token !== null && (typeof token !== "string" || token === "")) {
            return this.#fail(new LeadwireError("invalid_token", "the token is empty or not a string"));
        }
        /** @type {WebSocket} */
        let socket;
        try {
            const Socket = this.#WebSocket;
            socket = token === null ? new Socket(this.#url) : new Socket(this.#url, [PROTOCOL, `bearer.${token}`]);
        } catch {
            // Not `cause`: the browser's text repeats the protocol, and with it the token.
            const text = "the browser refuses the address, or a token with characters that a subprotocol can't carry";
            return this.#fail(new LeadwireError("invalid_token", text));
        }
        /** @type {Link} */
        const link = new Link(socket, this.#times, {
            onOpen: () => this.#opened(link),
            onMessage: (message) => this.#received(message),
            onLost: (cause) => this.#lost(link, cause),
        });
        this.#link = link;
    }

    /** @param {Link} link */
    #opened(link) {
        this.#afterMs = null;
        this.#unconfirmed = 0;
        this.#subscriptions.begin();
        for (const group of [...this.#subscriptions.groups]) this.#resume(link, group);
        for (const pending of [...this.#pending]) this.#request(link, pending);
        // The server counts a connection as a reader, and sends it heartbeats, from its first message on.
        if (this.#unconfirmed > 0) return;
        this.#unconfirmed += 1;
        link.ask({ type: "ping" }, () => this.#confirmed(), (error) => this.#refused(link, error));
    }

    /**
     * @param {Link} link
     * @param {Group} group
     */
    #resume(link, group) {
        const since = { epoch: this.#subscriptions.epoch ?? "", offset: group.offset };
        this.#unconfirmed += 1;
        link.ask(this.#subscriptions.resume(group), (reply) => {
            const lost = this.#subscriptions.confirm(group, reply);
            if (lost.length > 0) this.#push({ type: "denied", denied: lost });
            if (reply.recovered !== true) this.#sayNotRecovered([...group.names], since, reply);
            this.#confirmed();
        }, (error) => this.#refused(link, error));
    }

    /**
     * @param {Link} link
     * @param {Pending} pending
     */
    #request(link, pending) {
        this.#unconfirmed += 1;
        link.ask(this.#subscriptions.request(pending), (reply) => {
            this.#pending = this.#pending.filter((each) => each !== pending);
            const { events, since } = pending;
            if (pending.type === "subscribe") this.#subscriptions.add(pending, reply);
            else this.#subscriptions.remove(events.includes("*") ? this.#subscriptions.names : events);
            if (pending.resolve) pending.resolve(/** @type {SubscriptionReply} */ (reply));
            else if (reply.denied.length > 0) this.#push({ type: "denied", denied: reply.denied });
            if (since && reply.recovered !== true) this.#sayNotRecovered(events, since, reply);
            else if (!since) this.#advance();
            this.#confirmed();
        }, (error) => {
            // Stays pending for the next connection.
            if (error.code === "disconnected") return;
            if (error.code === "timeout" || (error.retryable && !pending.resolve)) return this.#refused(link, error);
            this.#pending = this.#pending.filter((each) => each !== pending);
            pending.reject(error);
            this.#confirmed();
        });
    }

    /**
     * @param {string[]} events
     * @param {Position} since
     * @param {Message} reply
     */
    #sayNotRecovered(events, since, { epoch, offset }) {
        this.#push({ type: "not_recovered", events, since, epoch, offset });
    }

    #confirmed() {
        this.#unconfirmed -= 1;
        if (this.#unconfirmed > 0 || this.#state.name !== "connecting") return;
        this.#setState("live", 0, null);
        for (const { resolve } of this.#openers.splice(0)) resolve();
    }

    /**
     * What must stand does not: come back later, or give up where the server says that it never will.
     * @param {Link} link
     * @param {LeadwireError} error
     */
    #refused(link, error) {
        if (error.code === "disconnected" || link !== this.#link) return;
        if (!error.retryable) return this.#fail(error);
        link.drop(4000, error.code);
        this.#lost(link, { code: 0, reason: `${error.code}: ${error.message}` });
    }

    // Messages

    /** @param {Message} message */
    #received(message) {
        if (message.event_type !== undefined) return this.#event(message);
        switch (message.type) {
            case "hb":
                this.#subscriptions.heartbeat(message);
                return this.#advance();
            case "gap":
                this.#subscriptions.gap(message);
                return this.#push(/** @type {Gap} */ (message));
            case "reset":
                this.#subscriptions.reset(message);
                return this.#push(/** @type {Reset} */ (message));
            case "token_expiring":
                return void this.#refresh();
            case "going_away":
                if (message.reconnect === false) return this.#fail(new LeadwireError("closed", "the server has gone"));
                this.#afterMs = Math.min(Math.max(0, Number(message.after_ms) || 0), LONGEST_AFTER_MS);
                return;
            case "error":
                if (this.#link) this.#link.lastError = `${message.code}: ${message.message}`;
                return;
            default: // Answers to commands don't come here, and the protocol may grow.
        }
    }

    /** @param {Message} message */
    #event(message) {
        if (message.event_type === "erased") return;
        const { epoch, offset } = message;
        // The server announces a new log; should it ever not, its events must not be taken for the old one's.
        if (epoch !== undefined && this.#subscriptions.epoch !== null && epoch !== this.#subscriptions.epoch) {
            /** @type {Reset} */
            const reset = { type: "reset", epoch, offset: offset - 1, reason: "unannounced" };
            this.#subscriptions.reset(reset);
            this.#push(reset);
        }
        if (this.#subscriptions.take(message)) this.#push(/** @type {StreamItem} */ ({ ...message, type: "event" }));
    }

    /** @param {StreamItem} item */
    #push(item) {
        this.#inbox.push(item, this.#subscriptions.position);
        if (this.#inbox.count < this.#queueLimit || !this.#link) return;
        // Whatever comes after this moment is asked for again when there is room.
        const link = this.#link;
        this.#link = null;
        this.#generation += 1;
        link.drop(4000, "the application is behind");
        this.#setState("paused", 0, { code: 0, reason: "the queue is full" });
    }

    #advance() {
        const position = this.#subscriptions.position;
        if (position) this.#inbox.advance(position);
    }

    /** @param {Position} position */
    #done(position) {
        if (position.epoch === this.#position?.epoch && position.offset === this.#position.offset) return;
        this.#position = position;
        call(this.#onPosition, position);
    }

    async #refresh() {
        const link = this.#link;
        // A fixed token ends when it ends; the close code then says so.
        if (typeof this.#token !== "function" || !link) return;
        /** @type {string} */
        let token;
        try {
            token = await this.#token("refresh");
        } catch {
            return; // The server closes with 4005 in its time, and the next connection asks again.
        }
        if (link !== this.#link) return;
        link.ask({ type: "refresh", token }, (reply) => {
            const lost = this.#subscriptions.keepOnly(reply.subscriptions);
            if (lost.length > 0) this.#push({ type: "denied", denied: lost });
        }, () => {}); // the same
    }

    // Losing and ending

    /**
     * @param {Link} link
     * @param {Cause} cause
     */
    #lost(link, cause) {
        if (link !== this.#link) return;
        this.#link = null;
        if (cause.code !== 0 && !mayReconnect(cause.code)) {
            const text = `closed with ${cause.code}${cause.reason && ` (${cause.reason})`}: coming back is pointless`;
            return this.#fail(new LeadwireError("closed", text, { closeCode: cause.code }), cause);
        }
        if (cause.code === 4005 && typeof this.#token === "string") {
            const text = "the token has expired, and there is no provider to ask for another";
            return this.#fail(new LeadwireError("closed", text, { closeCode: 4005 }), cause);
        }
        // A connection is worth a fresh start when it outlived the wait that it would cost.
        const ceiling = backoffCeiling(this.#state.attempt, this.#backoff);
        if (link.isOpen && performance.now() - link.openedAt >= ceiling) this.#state = { ...this.#state, attempt: 0 };
        this.#retry(cause);
    }

    /** @param {Cause} cause */
    #retry(cause) {
        if (this.#state.name === "closed") return;
        const { attempt } = this.#state;
        const delayMs = this.#afterMs ?? backoffDelay(attempt, this.#backoff, this.#random);
        this.#afterMs = null;
        this.#generation += 1;
        this.#state = { ...this.#state, attempt: attempt + 1 };
        this.#retryTimer = setTimeout(() => this.#connect(), delayMs);
        this.#setState("waiting", delayMs, cause);
    }

    /**
     * @param {LeadwireError} error
     * @param {Cause} [cause]
     */
    #fail(error, cause) {
        this.#end(error, cause ?? { code: error.closeCode ?? 0, reason: error.message });
    }

    /**
     * @param {LeadwireError | null} error
     * @param {Cause | null} cause
     */
    #end(error, cause) {
        if (this.#state.name === "closed") return;
        this.#failure = error;
        this.#generation += 1;
        clearTimeout(this.#retryTimer);
        this.#setState("closed", 0, cause);
        const link = this.#link;
        this.#link = null;
        link?.drop(1000, "");
        const reason = error ?? closedByUs();
        for (const { resolve, reject } of this.#pending.splice(0)) if (resolve) reject(reason);
        for (const { reject } of this.#openers.splice(0)) reject(reason);
        this.#inbox.end(error);
    }

    /**
     * @param {State["name"]} name
     * @param {number} delayMs
     * @param {Cause | null} cause
     */
    #setState(name, delayMs, cause) {
        this.#state = { name, attempt: this.#state.attempt, delayMs, cause };
        call(this.#onState, this.#state);
    }
}

function closedByUs() {
    return new LeadwireError("closed", "the client was closed");
}

/**
 * An application's mistake in a callback is its own, and must neither stop the stream nor pass unseen.
 * @template T
 * @param {((value: T) => void) | undefined} callback
 * @param {T} value
 */
function call(callback, value) {
    try {
        callback?.(value);
    } catch (error) {
        queueMicrotask(() => {
            throw error;
        });
    }
}
