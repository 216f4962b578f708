import type { ReportReason } from '#lib/api/types.ts';
import { m } from '#lib/paraglide/messages.js';

const texts: Record<ReportReason, () => string> = {
	spam: m.report_spam,
	harassment: m.report_harassment,
	impersonation: m.report_impersonation,
	other: m.report_other,
};

export const reasonName = (reason: ReportReason) => texts[reason]();

export const reportReasons = () =>
	(Object.keys(texts) as ReportReason[]).map((value) => ({ value, label: reasonName(value) }));
