<?php
// The settings of the WordPress that the tests talk to. What begins and ends with @ is filled in by
// wordpress.sh.
define('DB_NAME', 'wordpress');
define('DB_USER', 'root');
define('DB_PASSWORD', '');
define('DB_HOST', 'localhost:@SOCKET@');
define('DB_CHARSET', 'utf8mb4');
foreach (['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as $name) {
    define("{$name}_KEY", "only for tests: key of $name");
    define("{$name}_SALT", "only for tests: salt of $name");
}
$table_prefix = 'wp_';
define('WP_HOME', '@ADDRESS@');
define('WP_SITEURL', '@ADDRESS@');
// Nothing is fetched, nothing is updated, no letter is sent.
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
define('DISABLE_WP_CRON', true);
// Application passwords without TLS, which is loopback's here.
define('WP_ENVIRONMENT_TYPE', 'local');
if (!defined('ABSPATH')) {
    define('ABSPATH', __DIR__ . '/');
}
require_once ABSPATH . 'wp-settings.php';
