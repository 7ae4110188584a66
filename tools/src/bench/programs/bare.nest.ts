import 'reflect-metadata';
import { Controller, HttpCode, Module, type NestApplicationOptions, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { answerParent } from './parent.js';

// The least a service can be: Nest on Fastify with one route that does nothing.
@Controller('v1/events')
class EventsController {
  @Post()
  @HttpCode(202)
  submit(): { id: string } {
    return { id: '' };
  }
}

@Module({ controllers: [EventsController] })
class AppModule {}

const quiet: Partial<NestApplicationOptions> = { logger: false };
const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter(), quiet);
await app.listen(0, '127.0.0.1');
const url = await app.getUrl();
answerParent({ url: () => url });
