import type { ReportOutcome } from '#lib/api/types.ts';
import { m } from '#lib/paraglide/messages.js';

const texts: Record<ReportOutcome, () => string> = {
	noAction: m.outcome_no_action,
	blocked: m.outcome_blocked,
	partnerRemoved: m.outcome_partner_removed,
	other: m.outcome_other,
};

export const outcomeName = (outcome: ReportOutcome) => texts[outcome]();

export const outcomes = () =>
	(Object.keys(texts) as ReportOutcome[]).map((value) => ({ value, label: outcomeName(value) }));
