import { connectionsQuestion, isolateQuestion } from '@posthorn/contracts';
import { serviceOnly } from '../asking/question.reader.js';

export const connectionsQuery = connectionsQuestion.strict();
export const isolation = serviceOnly.extend({ reason: isolateQuestion.shape.reason });
