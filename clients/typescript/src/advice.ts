import type { ErrorFields } from "./errors.js";
import {
  againWithRetryInfo, domains, gatewayCodes, gatewayReasons, knownGatewayReasons, nextSteps, nextStepsInsteadOfNever,
  outcomeUnknown, outcomeUnknownCodes, portoneCodes, tellNoOutcome, withoutErrorInfo, type Advice, type Kind,
} from "./gen/rules.js";

/** What an answer says, as far as advice goes by it. */
export type Answer = Pick<ErrorFields, "domain" | "type" | "code" | "retryAfterMs">;

/** The algorithm of clients/DESIGN.md. The step is a decline's, without its prefix; empty if there is none. */
export function advise(answer: Answer, step: string, kind: Kind): Advice {
  let advice: Advice;
  switch (answer.domain) {
    case domains.portone: {
      const known = nextSteps[step];
      if (kind === "mutation" && known !== undefined) return known;
      advice = portoneCodes[answer.code][kind];
      break;
    }
    case domains.gateway:
      if (kind === "mutation" && saysUnknown(answer)) return "same";
      advice = (gatewayReasons[answer.type] ?? gatewayCodes[answer.code])[kind];
      break;
    default:
      return withoutErrorInfo[answer.code][kind];
  }
  return advice === "never" ? (nextStepsInsteadOfNever[step] ?? advice) : advice;
}

/** Reports whether a mutation that ended so may have been carried out. */
export function leavesOutcomeUnknown(answer: Answer, advice: Advice): boolean {
  if (answer.domain === "") return advice === "same";
  return answer.domain === domains.gateway && saysUnknown(answer);
}

/** Of an answer of the gateway's own. A reason of tomorrow goes by its code. */
function saysUnknown(answer: Answer): boolean {
  return outcomeUnknown.has(answer.type) || (!knownGatewayReasons.has(answer.type) && outcomeUnknownCodes.has(answer.code));
}

/** Reports whether the client asks again by itself, time permitting. */
export function asksAgain(answer: Answer, advice: Advice): boolean {
  return advice === "same" || (answer.domain === domains.gateway && answer.retryAfterMs > 0 && againWithRetryInfo.has(answer.type));
}

/**
 * Reports whether an answer says what became of an earlier attempt: it is PortOne's, and about the
 * request. Who may call is looked at before the key is.
 */
export function tellsOutcome(answer: Answer): boolean {
  return answer.domain === domains.portone && !tellNoOutcome.has(answer.code);
}
