import type { Facts } from "../match/facts.ts";
import type { Group } from "../match/group.ts";
import type { FramePlace } from "../model/places.ts";
import type { NamedCondition } from "../rules/rule.ts";

/** What a goroutine has in place of what a condition wants; "" where a word does not tell it. */
export function insteadOf({ key }: NamedCondition, facts: Facts, group: Group): string {
  const stack = facts.dump.stacks[group.stackIndex]!;
  const frameText = (place: FramePlace): string => {
    const frame = typeof place === "number" ? stack.frames[place] : undefined;
    if (frame === undefined) return place === "none" ? "none" : "";
    return frame.file === "" ? frame.symbol.plain : `${frame.symbol.plain} ${frame.file}:${frame.line}`;
  };
  switch (key) {
    case "wait":
      return stack.wait;
    case "waited": {
      const minutes = facts.dump.goroutines.minutes[group.first]!;
      return minutes < 0 ? "no minutes in the dump" : `${minutes} min`;
    }
    case "at":
      return frameText(facts.at(group.stackIndex));
    case "entry":
      return frameText(facts.entry(group.stackIndex));
    case "top":
      return frameText(stack.frames.length > 0 ? 0 : "none");
    case "created-by":
      return stack.createdBy?.symbol.plain ?? "";
    case "source":
      if (facts.source === undefined) return "no source was given";
      return facts.source.describe(stack) || facts.inSource(group.stackIndex)!.reason;
    default:
      return "";
  }
}
