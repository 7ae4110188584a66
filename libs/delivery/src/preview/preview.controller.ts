import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { MAPPING_PREVIEW, type PreviewAnswer, previewQuestion } from '@posthorn/contracts';
import { ONE_REPLICA } from '@posthorn/messaging';
import { DELIVERY_OPTIONS } from '../delivery.tokens.js';
import { MappingPreview } from './mapping.preview.js';

/** To those who ask what would become of events that do not exist yet. */
@Controller()
export class PreviewController {
  constructor(
    private readonly preview: MappingPreview,
    @Inject(DELIVERY_OPTIONS) private readonly options: { readonly service: string },
  ) {}

  @MessagePattern(MAPPING_PREVIEW, ONE_REPLICA)
  async of(@Payload() payload: unknown): Promise<PreviewAnswer> {
    const { events, mapped } = previewQuestion.parse(payload);
    return { service: this.options.service, receivers: await this.preview.of(events, mapped) };
  }
}
