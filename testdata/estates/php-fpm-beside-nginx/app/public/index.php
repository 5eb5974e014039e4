<?php

declare(strict_types=1);

header('Content-Type: application/json');
echo json_encode(['status' => 'ok', 'time' => date(DATE_ATOM)], JSON_THROW_ON_ERROR);
